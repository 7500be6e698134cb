// Runs in the browser, behind the bundle of @simplewebauthn/browser. A form with `data-passkey` asks the authenticator
// before it is sent, and is not shown where there is none to ask.
(() => {
  const { browserSupportsWebAuthn, startAuthentication, startRegistration } =
    globalThis.SimpleWebAuthnBrowser;
  if (!browserSupportsWebAuthn()) return;

  const ask = async (form) => {
    const response = await fetch(form.dataset.start, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: '{}',
    });
    if (!response.ok) throw new Error(String(response.status));
    const { options: optionsJSON } = await response.json();
    return form.dataset.passkey === 'create'
      ? startRegistration({ optionsJSON })
      : startAuthentication({ optionsJSON });
  };

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const [button, problem] = [form.querySelector('button'), form.querySelector('.problem')];
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.hidden = true;
      try {
        form.elements.passkey.value = JSON.stringify(await ask(form));
        form.submit();
      } catch {
        problem.hidden = false;
      }
      button.disabled = false;
    });
  }
})();
