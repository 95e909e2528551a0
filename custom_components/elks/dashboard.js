/**
 * The dashboard "custom:elks", which finds this home's accounts, contacts and lines by itself.
 *
 * Home Assistant calls what generates a dashboard, or a view, a strategy: a custom element of
 * which it only calls static functions. This one uses the frontend's own cards, and no words but
 * those that Home Assistant translates: the names of devices, entities and actions.
 */

const DOMAIN = "elks";
const TYPE = `custom:${DOMAIN}`;
const FULL_WIDTH = { grid_options: { columns: 12 } };

/** A dashboard of one view. */
class ElksDashboard {
  /** Only the view changes with what is registered. */
  static registryDependencies = [];

  static async generate() {
    return { views: [{ strategy: { type: TYPE } }] };
  }

  static getCreateSuggestions() {
    return { title: "Elks", icon: "mdi:phone" };
  }
}

/** All accounts in a view, which can also be used in a dashboard of one's own. */
class ElksView {
  static registryDependencies = ["entities", "devices"];

  static async generate(_, hass) {
    await hass.loadBackendTranslation("entity", DOMAIN);
    const localize = await hass.loadBackendTranslation("services", DOMAIN);
    const devices = ownDevices(hass);
    const accounts = devices.filter((device) => device.model === "Account");
    const sections = accounts.flatMap((account) => {
      const own = devices.filter((device) => device.entry === account.entry);
      const people = own.filter((device) => device.model === "Contact");
      const lines = own.filter((device) => device.model === "Line");
      return [
        { cards: accountCards(localize, account) },
        { cards: [...lines.flatMap(lineCards), ...people.flatMap(contactCards)], row_span: 2 },
        { cards: activityCards(hass, account, people, lines) },
      ];
    });
    return {
      type: "sections",
      max_columns: 2,
      sections: sections.filter((section) => section.cards.length),
    };
  }
}

/**
 * Return our devices by name, each with its entities by translation key.
 *
 * What was removed or disabled is not among them.
 */
function ownDevices(hass) {
  const devices = {};
  for (const entity of Object.values(hass.entities)) {
    const device = hass.devices[entity.device_id];
    if (entity.platform !== DOMAIN || entity.hidden || !device) continue;
    devices[device.id] ??= {
      name: device.name_by_user ?? device.name,
      model: device.model,
      // Home Assistant 2026.3 only knows the latter
      entry: device.config_entry_id ?? device.primary_config_entry,
      entities: {},
    };
    devices[device.id].entities[entity.translation_key] = entity.entity_id;
  }
  return Object.values(devices).sort((one, other) => one.name.localeCompare(other.name));
}

function accountCards(localize, { name, entry, entities }) {
  const chain = entities.call_chain;
  return [
    heading(name, "mdi:phone"),
    ...lastCall(entities.last_call),
    ...tile(chain, FULL_WIDTH),
    ...tile(chain, {
      name: attributeName(localize, "contact"),
      icon: "mdi:account-voice",
      state_content: "contact",
      ...whileCalling(chain),
    }),
    ...tile(chain, {
      name: attributeName(localize, "round"),
      icon: "mdi:repeat",
      state_content: "round",
      ...whileCalling(chain),
    }),
    ...tile(chain, {
      name: localize(`component.${DOMAIN}.services.cancel_chain.name`),
      icon: "mdi:phone-off",
      color: "red",
      hide_state: true,
      tap_action: {
        action: "perform-action",
        perform_action: `${DOMAIN}.cancel_chain`,
        data: { config_entry_id: entry },
      },
      ...FULL_WIDTH,
      ...whileCalling(chain),
    }),
    ...tile(entities.last_answer, onceKnown(entities.last_answer)),
    ...tile(entities.acknowledged_by, onceKnown(entities.acknowledged_by)),
    ...tile(entities.calls_in_progress),
    ...tile(entities.balance),
    ...tile(entities.cost_this_month, FULL_WIDTH),
  ];
}

function contactCards({ name, entities }) {
  return [
    heading(name, "mdi:account"),
    ...lastCall(entities.last_call),
    ...tile(entities.last_answer, onceKnown(entities.last_answer)),
    ...tile(entities.test_call, { hide_state: true }),
  ];
}

function lineCards({ name, entities }) {
  return [
    heading(name, "mdi:phone-incoming"),
    ...lastCall(entities.last_call, ["state", "contact", "created"]),
    ...tile(entities.answering, { tap_action: { action: "toggle" }, ...FULL_WIDTH }),
  ];
}

function activityCards(hass, account, people, lines) {
  // How calls to a contact went is listed under the contact's notify entity, and those to a line
  // under its switch
  const shown = [
    account.entities.call_chain,
    ...people.map((contact) => contact.entities.contact),
    ...lines.map((line) => line.entities.answering),
  ].filter(Boolean);
  if (!shown.length || !hass.config.components.includes("logbook")) return [];
  return [
    heading(hass.localize("panel.logbook"), "mdi:history"),
    { type: "logbook", target: { entity_id: shown }, grid_options: { columns: 12, rows: 5 } },
  ];
}

function heading(text, icon) {
  return { type: "heading", heading: text, icon };
}

/** Return a list of one card, or of none if there is no such entity. */
function tile(entity, options) {
  return entity ? [{ type: "tile", entity, name: { type: "entity" }, ...options }] : [];
}

function lastCall(entity, content = ["state", "created"]) {
  return tile(entity, { state_content: content, ...FULL_WIDTH, ...onceKnown(entity) });
}

/** Show nothing rather than "Unknown", as before the first call. */
function onceKnown(entity) {
  return { visibility: [{ condition: "state", entity, state_not: "unknown" }] };
}

function whileCalling(chain) {
  return { visibility: [{ condition: "state", entity: chain, state: "calling" }] };
}

/** Return the name of an attribute of the call chain. */
function attributeName(localize, attribute) {
  const sensor = `component.${DOMAIN}.entity.sensor.call_chain`;
  return localize(`${sensor}.state_attributes.${attribute}.name`);
}

// As it starts, Home Assistant replaces the registry of elements: what was defined before is lost
await customElements.whenDefined("home-assistant");
customElements.define(`ll-strategy-dashboard-${DOMAIN}`, ElksDashboard);
customElements.define(`ll-strategy-view-${DOMAIN}`, ElksView);

// Lists it under "Add dashboard", from Home Assistant 2026.5 on
window.customStrategies ??= [];
window.customStrategies.push({ type: DOMAIN, strategyType: "dashboard", name: "Elks" });
