// Search as you type: a form with data-live names the part of its answer that is
// put in place of the one that is there. Without script the form is sent.
(() => {
  'use strict';
  document.querySelectorAll('form[data-live]').forEach((form) => {
    const part = form.dataset.live;
    let timer, asked;
    const show = async () => {
      const fields = [...new FormData(form)].filter(([, value]) => value !== '');
      const address = form.action + (fields.length ? '?' + new URLSearchParams(fields) : '');
      asked?.abort();
      asked = new AbortController();
      const here = document.querySelector(part);
      here.setAttribute('aria-busy', 'true');
      try {
        const answer = await fetch(address, { headers: { Accept: 'text/html' }, signal: asked.signal });
        const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector(part);
        if (!answer.ok || answer.redirected || !next) throw new Error('no list');
        here.replaceWith(document.adoptNode(next));
        history.replaceState(null, '', address);
      } catch (e) {
        if (e.name !== 'AbortError') location.href = address;
      }
    };
    form.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(show, 200);
    });
    form.addEventListener('submit', () => clearTimeout(timer));
  });
})();
