"""The guide: an assistant that answers from a folder of documents, with sources and without a model.

    readers    a file on disk -> a Document of sections
    segment    text -> search terms, in any script
    index      a folder -> passages that answer a question (BM25, kept in the data folder)
    answer     passages -> the text, citations and follow-up questions of an answer; pure
    server     GuideServer, the ChatKitServer that streams it
    tool       the same search as a tool for a model, and citations in what the model writes

Nothing is imported here: `anchors` is also used by the pages under `/docs`, which need nothing of the rest.
"""
