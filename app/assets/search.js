// Finds classes by what people type, typing errors forgiven.

const MISSPELT = 3; // what it costs to be near a name without being part of it

// The classes that match a text, the nearest first; all of them for an empty text. Errors are forgiven where no
// class is spelt so.
export function matches(text, classes) {
  const wanted = plain(text);
  if (!wanted) return classes;
  const scored = classes.map((one) => [score(wanted, one), one]).filter(([cost]) => cost < Infinity);
  const spelt = scored.filter(([cost]) => cost < MISSPELT);
  return (spelt.length ? spelt : scored).sort(([one], [other]) => one - other).map(([, one]) => one);
}

function plain(text) {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[_-]+/g, " ")
    .trim();
}

function score(wanted, one) {
  const names = [plain(one.title), plain(one.name)];
  return Math.min(
    ...names.map((name) => {
      if (name.startsWith(wanted)) return 0;
      if (name.includes(` ${wanted}`)) return 1;
      if (name.includes(wanted)) return 2;
      const allowed = wanted.length < 4 ? 0 : wanted.length < 7 ? 1 : 2;
      const cost = allowed
        ? Math.min(...starts(name).map((word) => prefixDistance(wanted, word, allowed)))
        : Infinity;
      return cost <= allowed ? MISSPELT + cost : Infinity;
    }),
  );
}

function starts(name) {
  const words = name.split(" ");
  return words.map((_, at) => words.slice(at).join(" "));
}

// How many letters to change, add, drop or swap until the text begins with the wanted one.
function prefixDistance(wanted, text, allowed) {
  const length = Math.min(text.length, wanted.length + allowed);
  let [before, row] = [null, Array.from({ length: length + 1 }, (_, at) => at)];
  for (let i = 1; i <= wanted.length; i++) {
    const next = [i];
    for (let j = 1; j <= length; j++) {
      const same = wanted[i - 1] === text[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      const swapped = i > 1 && j > 1 && wanted[i - 1] === text[j - 2] && wanted[i - 2] === text[j - 1];
      if (swapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return Math.min(...row);
}
