"""The guide: an assistant that answers from a folder of documents, with sources and without a model.

    readers    a file on disk -> a Document of sections
    segment    text -> search terms, in any script
    folder     the documents in a folder, as files
    catalogue  the index file
    index      a folder -> passages that answer a question (BM25, kept in the data folder)
    answer     passages -> the text, citations and follow-up questions of an answer; pure
    server     GuideServer, the ChatKitServer that streams it
    agent      the same search as a tool, for a model that writes the answer
    citing     the numbers a model writes -> citations

Nothing is imported here: `anchors` is also used by the pages under `/docs`, which need nothing of the rest.
"""
