import type { ProblemCode } from './problems';

export interface Texts {
  readonly retry: string;
  readonly trying: string;
  readonly more: string;
  readonly code: string;
  readonly request: string;
  /** Title and text for each problem. */
  readonly problems: Readonly<Record<ProblemCode, readonly [string, string]>>;
}

export const en: Texts = {
  retry: 'Try again',
  trying: 'Trying again…',
  more: 'What to do about it',
  code: 'Code',
  request: 'Request',
  problems: {
    script_blocked: [
      'The chat was blocked',
      'Its script could not be loaded. An ad blocker, a firewall or the network may be in the way.',
    ],
    script_late: ['The chat did not load in time', 'The network may be slow. Try again, or come back later.'],
    element_not_defined: [
      'The chat did not start',
      'Its script was loaded but did not run. An extension of the browser or an old browser may be the cause.',
    ],
    frame_refused: [
      'The chat is not allowed on this site',
      'OpenAI refused it for this address. Whoever runs the site has to add the address to the list of allowed domains.',
    ],
    frame_late: [
      'The chat did not get ready in time',
      'It was loaded, but its frame stayed empty. The network, or OpenAI’s list of allowed domains, may be the cause.',
    ],
    session_refused: ['The chat could not be opened', 'The server could not make a session.'],
    insecure_context: [
      'The chat needs HTTPS',
      'This page was opened over plain HTTP, where browsers withhold what the chat needs. Open it with https://.',
    ],
    offline: ['You are offline', 'The chat is loaded as soon as there is a network.'],
  },
};

export const zh: Texts = {
  retry: '重试',
  trying: '正在重试…',
  more: '查看解决办法',
  code: '代码',
  request: '请求',
  problems: {
    script_blocked: ['聊天被拦截', '聊天脚本无法加载，可能被广告拦截器、防火墙或网络拦截。'],
    script_late: ['聊天未能及时加载', '网络可能较慢。请重试，或稍后再来。'],
    element_not_defined: ['聊天没有启动', '脚本已加载但没有运行，可能是浏览器扩展或浏览器版本过旧所致。'],
    frame_refused: ['此网站不允许使用该聊天', 'OpenAI 拒绝了当前网址。请网站管理员把它加入允许的域名列表。'],
    frame_late: ['聊天未能及时就绪', '聊天已加载，但其框架一直空白，可能是网络或 OpenAI 的域名白名单所致。'],
    session_refused: ['无法打开聊天', '服务器未能创建会话。'],
    insecure_context: ['聊天需要 HTTPS', '此页面通过 HTTP 打开，浏览器不提供聊天所需的功能。请使用 https:// 打开。'],
    offline: ['网络已断开', '恢复网络后会自动加载聊天。'],
  },
};
