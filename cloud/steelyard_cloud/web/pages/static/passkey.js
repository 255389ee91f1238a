// Passkeys: asks the server what is to be signed or made, has the browser do it, and sends what it answers.
const button = document.querySelector("[data-passkey]");
const said = document.querySelector("[data-passkey-said]");

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function post(address, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": button.dataset.csrf || "" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function decoded(options) {
  const listed = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const made = { ...options, challenge: bytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) made.excludeCredentials = listed(options.excludeCredentials);
  if (options.allowCredentials) made.allowCredentials = listed(options.allowCredentials);
  return made;
}

function encoded(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

async function use() {
  button.disabled = true;
  said.hidden = true;
  try {
    const publicKey = decoded(await post(button.dataset.options, {}));
    const credential = await navigator.credentials[button.dataset.passkey]({ publicKey });
    location.assign((await post(button.dataset.answer, encoded(credential))).to);
  } catch {
    said.textContent = button.dataset.failed; // also where somebody changed their mind
    said.hidden = false;
    button.disabled = false;
  }
}

if (button && window.PublicKeyCredential) {
  button.hidden = false;
  button.addEventListener("click", use);
}
