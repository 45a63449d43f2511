// The editor of email texts: placeholders are put in where one writes, and the
// preview follows what is typed. Without script there is a button for it.
(() => {
  'use strict';
  const form = document.querySelector('form[data-letter]');
  if (!form) return;
  const show = form.querySelector('[data-preview]');
  let field = form.elements.body, timer;

  form.addEventListener('focusin', (e) => { if (e.target.matches('[name=subject], [name=body]')) field = e.target; });
  document.querySelectorAll('[data-insert]').forEach((button) => {
    button.hidden = false;
    button.parentElement.querySelector('[data-plain]')?.remove();
    button.addEventListener('click', () => {
      field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, 'end');
      field.focus();
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
  });

  // A new frame each time: an old one would put every letter typed into the history.
  const preview = () => {
    const old = document.querySelector('iframe.letter-preview');
    const next = old.cloneNode();
    next.removeAttribute('src');
    next.classList.add('letter-next');
    old.removeAttribute('name');
    old.after(next);
    next.addEventListener('load', () => {
      old.remove();
      next.classList.remove('letter-next');
    });
    form.requestSubmit(show);
  };
  document.addEventListener('submit', (e) => {
    if (e.target === form && e.submitter?.formTarget) form.removeAttribute('aria-busy'); // it stays where it is
  });
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(preview, 500);
  });
  if ('typed' in form.dataset) preview();
})();
