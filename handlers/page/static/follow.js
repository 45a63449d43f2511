// A page that tells how far something is asks for itself now and then: the part
// with data-follow takes the place of the one that is there. When it is over, the
// page is loaded anew. Without script it reloads by itself.
(() => {
  'use strict';
  const part = '[data-follow]';
  const every = 2000;
  const look = async () => {
    const here = document.querySelector(part);
    if (!here || here.contains(document.activeElement) || document.hidden) return setTimeout(look, every);
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector(part);
      if (!answer.ok || !next) return location.reload();
      here.replaceWith(document.adoptNode(next));
    } catch { /* the network is away: ask again */ }
    setTimeout(look, every);
  };
  setTimeout(look, every);
})();
