// Passkeys: a box with data-passkey holds a button and a place for what went wrong.
// It stays hidden where there is no script or the browser knows no passkeys.
//   data-passkey   "get" signs in, "create" makes one
//   data-begin     posted to for the options, data-finish for what the device made
//   data-autofill  passkeys are offered among the names of the sign-in field too
//   data-name      id of the field with the new passkey's name
(() => {
  'use strict';
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const described = (list = []) => list.map((d) => ({ ...d, id: bytes(d.id) }));

  // The options as they travel, as the browser wants them.
  const optionsOf = ({ publicKey: o }) => {
    const out = { ...o, challenge: bytes(o.challenge) };
    if (o.user) out.user = { ...o.user, id: bytes(o.user.id) };
    if (o.allowCredentials) out.allowCredentials = described(o.allowCredentials);
    if (o.excludeCredentials) out.excludeCredentials = described(o.excludeCredentials);
    return out;
  };

  // What the device made, as it travels.
  const plain = (c) => {
    const response = { clientDataJSON: text(c.response.clientDataJSON) };
    for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (c.response[part]) response[part] = text(c.response[part]);
    }
    if (c.response.getTransports) response.transports = c.response.getTransports();
    return {
      id: c.id, rawId: text(c.rawId), type: c.type, response,
      authenticatorAttachment: c.authenticatorAttachment ?? undefined, clientExtensionResults: c.getClientExtensionResults(),
    };
  };

  class Told extends Error {} // says itself what people should read

  const post = async (url, body, signal) => {
    const answer = await fetch(url, {
      method: 'POST', signal, headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body),
    });
    if (answer.redirected) { // something has to be done first
      location.assign(answer.url);
      return new Promise(() => {});
    }
    const json = answer.headers.get('Content-Type')?.startsWith('application/json');
    const data = json ? await answer.json() : {};
    if (!answer.ok || !json) throw new Told(sentence(data.error) || 'Something went wrong. Load the page again, then try once more.');
    return data;
  };

  const sentence = (s) => s && s[0].toUpperCase() + s.slice(1).replace(/\.?$/, '.');

  const words = (error) => {
    if (error instanceof Told) return error.message;
    switch (error.name) {
      case 'NotAllowedError': return 'Nothing was confirmed. Try again, or choose another way.';
      case 'InvalidStateError': return 'This device has a passkey for this login already.';
      case 'SecurityError': return 'Passkeys do not work at this address. Open the page at its usual name.';
      case 'TypeError': return 'The server could not be reached. Check your connection and try again.';
    }
    return 'The passkey could not be used. Try again, or choose another way.';
  };

  const setUp = (box) => {
    const { passkey: does, begin, finish, name } = box.dataset;
    const button = box.querySelector('button');
    const problem = box.querySelector('[role=alert]');
    let offer; // the request among the names of the field: one at a time may wait

    const run = async (extra, signal) => {
      const publicKey = optionsOf(await post(begin, {}, signal));
      const made = await navigator.credentials[does]({ publicKey, signal, ...extra });
      const done = await post(finish, { credential: plain(made), name: document.getElementById(name)?.value ?? '' });
      location.assign(done.location);
    };

    const offerNames = async () => {
      if (box.dataset.autofill === undefined || !await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
      const mine = new AbortController();
      offer = mine;
      run({ mediation: 'conditional' }, mine.signal).catch((error) => {
        if (!mine.signal.aborted && error instanceof Told) problem.textContent = words(error);
      });
    };

    button.addEventListener('click', async () => {
      offer?.abort();
      problem.textContent = '';
      button.setAttribute('aria-busy', 'true');
      try {
        await run({});
      } catch (error) {
        problem.textContent = words(error);
        button.removeAttribute('aria-busy');
        offerNames();
      }
    });
    document.addEventListener('submit', () => offer?.abort()); // its answer must not come after the form's
    addEventListener('pageshow', (e) => { if (e.persisted) button.removeAttribute('aria-busy'); });
    box.hidden = false;
    offerNames();
  };
  document.querySelectorAll('[data-passkey]').forEach(setUp);
})();
