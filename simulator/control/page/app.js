const KEYS = "123456789*0#";
const RECONNECT_AFTER = 1000;
const STAGES = { ringing: "Ringing", calling: "Calling", talking: "In a call" };
const WITHHELD = "a withheld number";
const ENDS = { success: "Answered", busy: "Busy", failed: "No answer" };

const element = (id) => document.getElementById(id);
const cards = new Map();
let providerAhead = 0;
let numbers = [];

const milliseconds = (time) => Date.parse(`${time}Z`);
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

const post = (path, body) =>
  fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

function makeCard(phone) {
  const card = element("phone").content.cloneNode(true).firstElementChild;
  const act = (options) => post(`/control/handsets/${phone.id}`, options);
  card.ariaLabel = phone.dialled ? `Call to ${phone.dialled}` : phone.number;
  card.querySelector(".number").textContent = phone.dialled ?? phone.number;
  card.querySelector(".caller").textContent = phone.dialled
    ? `From ${phone.number || WITHHELD}`
    : `Call from ${phone.caller || WITHHELD}`;
  card.querySelector(".keypad").append(
    ...[...KEYS].map((key) => {
      const button = document.createElement("button");
      button.textContent = key;
      button.onclick = () => act({ act: "press", keys: key });
      return button;
    }),
  );
  for (const button of card.querySelectorAll("[data-act]")) {
    button.onclick = () => act({ act: button.dataset.act });
  }
  element("phones").append(card);
  cards.set(phone.id, card);
  return card;
}

function hear(card, phone) {
  const audio = card.querySelector("audio");
  const playing = String(phone.playing ?? "");
  if (card.dataset.playing === playing) return;
  card.dataset.playing = playing;
  card.querySelector(".sound").classList.toggle("on", playing !== "");
  audio.pause();
  if (playing) {
    audio.src = phone.sound;
    // A browser may want a click first, and a beep has no file
    audio.play().catch(() => {});
  }
}

function showPhones(calls) {
  const inUse = calls
    .filter((call) => call.state === "ongoing")
    .flatMap((call) => call.phones.map((phone) => ({ ...phone, start: call.start })))
    .filter((phone) => phone.stage !== "ended");
  for (const phone of inUse.reverse()) {
    const card = cards.get(phone.id) ?? makeCard(phone);
    card.className = `phone ${phone.stage}`;
    card.querySelector(".stage").textContent = STAGES[phone.stage];
    card.dataset.start = phone.start ?? "";
    hear(card, phone);
  }
  const ids = new Set(inUse.map((phone) => phone.id));
  for (const [id, card] of cards) {
    if (ids.has(id)) continue;
    card.querySelector("audio").pause();
    card.remove();
    cards.delete(id);
  }
  element("quiet").hidden = inUse.length > 0;
  element("dialler").hidden = inUse.some((phone) => phone.dialled);
}

function showNumbers(all) {
  if (JSON.stringify(all) === JSON.stringify(numbers)) return;
  numbers = all;
  const chosen = element("called").value;
  const options = all
    .filter((own) => own.takes_calls)
    .map((own) => new Option([own.number, own.name].filter(Boolean).join(" · "), own.number));
  element("called").replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) element("called").value = chosen;
  showUnanswered();
}

function showUnanswered() {
  const called = numbers.find((own) => own.number === element("called").value);
  element("unanswered").hidden = !called || called.voice_start !== "";
}

function showEnded(calls, currency) {
  const ended = calls.filter((call) => call.state !== "ongoing");
  const rows = ended.map((call) => {
    const row = element("call").content.cloneNode(true).firstElementChild;
    const state = row.querySelector(".state");
    state.textContent = ENDS[call.state];
    state.classList.add(call.state);
    row.querySelector(".number").textContent =
      call.direction === "incoming" ? `From ${call.from || WITHHELD}` : call.to;
    row.querySelector(".facts").textContent =
      call.duration === undefined
        ? "Not connected"
        : `${clock(call.duration)} · ${(call.cost / 10000).toFixed(2)} ${currency}`;
    return row;
  });
  element("ended").replaceChildren(...rows);
  element("none").hidden = rows.length > 0;
}

function showSeconds() {
  for (const card of cards.values()) {
    if (!card.dataset.start) continue;
    const passed = Date.now() + providerAhead - milliseconds(card.dataset.start);
    card.querySelector(".seconds").textContent = clock(
      Math.max(0, Math.floor(passed / 1000)),
    );
  }
}

function show(state) {
  providerAhead = milliseconds(state.now) - Date.now();
  element("manual").checked = state.manual;
  element("account").textContent =
    `${state.displayname} · ${(state.balance / 10000).toFixed(2)} ${state.currency}`;
  showNumbers(state.numbers);
  showPhones(state.calls);
  showEnded(state.calls, state.currency);
  showSeconds();
}

function watch() {
  const socket = new WebSocket(`ws://${location.host}/control/events`);
  socket.onopen = () => (element("offline").hidden = true);
  socket.onmessage = (event) => show(JSON.parse(event.data));
  socket.onclose = () => {
    element("offline").hidden = false;
    setTimeout(watch, RECONNECT_AFTER);
  };
}

element("manual").onchange = (event) =>
  post("/control/manual", { manual: event.target.checked });
element("withheld").onchange = (event) =>
  (element("caller").disabled = event.target.checked);
element("called").onchange = showUnanswered;
element("dialler").onsubmit = (event) => {
  event.preventDefault();
  const from = element("withheld").checked ? null : element("caller").value;
  post("/control/calls", { to: element("called").value, from });
};
setInterval(showSeconds, 250);
watch();
