/** Runs `submit` with the values of the page's form and tells how it went. */
export function onSubmit(submit) {
  const form = document.querySelector('form');
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    tell('');
    try {
      await submit(Object.fromEntries(new FormData(form)));
    } catch (error) {
      tell(error.code ? error.message : 'That did not work. Check your connection and try again.', 'bad');
    } finally {
      button.disabled = false;
    }
  });
}

export function tell(text, kind = '') {
  const status = document.querySelector('[role="status"]');
  status.textContent = text;
  status.className = kind;
}

/** Says the last word and takes the form away. */
export function finish(text) {
  document.querySelector('form').remove();
  tell(text, 'good');
}

/** The code of the mailed link; it leaves the address bar, so that nobody shares it by accident. */
export function takeCode() {
  const code = new URLSearchParams(location.search).get('code');
  history.replaceState(null, '', location.pathname);
  if (code) return code;
  document.querySelector('form').remove();
  tell('This link is not complete. Open it from the mail again.', 'bad');
}
