// Files can be dropped: a form with data-drop, whose value is how many bytes a file
// may have, holds a file field in a box. What is chosen is sent as without script.
(() => {
  'use strict';
  document.querySelectorAll('form[data-drop]').forEach((form) => {
    const input = form.querySelector('input[type=file]');
    const box = input.parentElement;
    const words = box.querySelector('[data-drop-words]');
    const said = words.querySelector('span');
    words.hidden = false;
    words.setAttribute('role', 'status');
    const show = () => {
      const file = input.files[0];
      const large = file && file.size > Number(form.dataset.drop);
      input.setCustomValidity(large ? 'This file is larger than 1 GB. Divide it and import the parts one after the other.' : '');
      if (large) input.reportValidity();
      else if (file) said.textContent = `${file.name}, ${Math.max(1, Math.round(file.size / 1024)).toLocaleString('en')} kB`;
    };
    const over = (on) => (e) => {
      if (![...e.dataTransfer.types].includes('Files')) return;
      e.preventDefault();
      box.classList.toggle('over-drop', on);
    };
    box.addEventListener('dragenter', over(true));
    box.addEventListener('dragover', over(true));
    box.addEventListener('dragleave', over(false));
    box.addEventListener('drop', (e) => {
      over(false)(e);
      if (!e.dataTransfer.files.length) return;
      input.files = e.dataTransfer.files;
      show();
    });
    input.addEventListener('change', show);
    form.addEventListener('submit', (e) => {
      if (input.validity.customError) {
        e.preventDefault();
        e.stopImmediatePropagation();
        input.reportValidity();
      }
    }, true);
    show();
  });
})();
