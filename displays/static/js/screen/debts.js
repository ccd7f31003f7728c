// What the cards of this screen owe, for the page that comes after this one: a screen loads itself again every night,
// and what a person gave a card must not be forgiven by that (P2). Ids and seconds; no word of a customer.

const NAME = "complicite.debts";

/** @returns {Map<string, number>} */
export function recall() {
  try {
    const rows = JSON.parse(localStorage.getItem(NAME) || "[]");
    return new Map(rows.filter((/** @type {any} */ row) => typeof row[0] === "string" && row[1] > 0));
  } catch (_error) {
    return new Map(); // storage forbidden or spoilt: nobody owes anything
  }
}

/** @param {ReadonlyMap<string, number>} debts */
export function keepDebts(debts) {
  try {
    if (debts.size === 0) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, JSON.stringify(Array.from(debts, ([id, owed]) => [id, Math.round(owed)])));
  } catch (_error) {
    // storage forbidden or full: they last as long as the page
  }
}
