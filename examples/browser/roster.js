// A client for Roster in a browser, without dependencies:
//
//   const roster = new Roster('https://accounts.example.com');
//   await roster.login('ann', 'zebra kite moon');
//   const me = await (await roster.fetch('/api/user/me')).json();
//
// The access token is kept in memory only. The refresh token is in localStorage,
// so that a reload and other tabs stay logged in; docs/browser.md says what that
// means. One tab at a time refreshes, because each refresh token is good for once.
export class Roster {
  #url; #access = ''; #expires = 0;
  #key = 'roster.refresh_token';

  constructor(url) { this.#url = url.replace(/\/$/, ''); }

  get isLoggedIn() { return localStorage.getItem(this.#key) !== null; }

  async login(username, password) {
    const device = localStorage.getItem('roster.device_token'); // a known device has tries of its own
    const got = await this.#post('/api/user/login', { username, password }, device ? { 'Device-Token': device } : {});
    localStorage.setItem('roster.device_token', got.device_token);
    this.#keep(got);
  }

  async logout() {
    try {
      if (this.isLoggedIn) await this.fetch('/api/user/logout', { method: 'POST' });
    } finally {
      this.#forget(); // also without a network
    }
  }

  // fetch is the browser's, with the access token. It refreshes the token before it
  // expires, and once more when the server refuses it. Without a session it fails
  // with "not logged in".
  async fetch(path, options = {}) {
    const send = async () => fetch(this.#url + path, {
      ...options, headers: { ...options.headers, Authorization: 'Bearer ' + await this.#token() },
    });
    const answer = await send();
    if (answer.status !== 401) return answer;
    this.#access = '';
    return send();
  }

  async #token() {
    if (this.#access && Date.now() < this.#expires) return this.#access;
    return navigator.locks.request(this.#key, async () => {
      if (this.#access && Date.now() < this.#expires) return this.#access; // another call has just refreshed it
      const refresh_token = localStorage.getItem(this.#key);
      if (!refresh_token) throw new Error('not logged in');
      this.#keep(await this.#post('/api/user/refresh', { refresh_token }));
      return this.#access;
    });
  }

  async #post(path, body, headers = {}) {
    headers = { 'Content-Type': 'application/json', ...headers };
    const answer = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const got = await answer.json().catch(() => ({}));
    if (answer.status === 401 && path === '/api/user/refresh') this.#forget(); // the session has ended
    if (!answer.ok) throw Object.assign(new Error(got.msg ?? answer.statusText), { status: answer.status, code: got.code });
    return got;
  }

  #keep({ access_token, refresh_token, expires_in }) {
    this.#access = access_token;
    this.#expires = Date.now() + (expires_in - 30) * 1000; // half a minute for clocks and networks
    localStorage.setItem(this.#key, refresh_token);
  }

  #forget() { this.#access = ''; localStorage.removeItem(this.#key); }
}
