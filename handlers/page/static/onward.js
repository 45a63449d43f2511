// A form that leads on by itself. Without script its button does.
document.querySelector('form[data-onward]').submit();
