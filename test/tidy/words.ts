// Words that the project's English does without (docs say why: plain words, the subject named), and literals that belong
// to one folder. Both are counted by folder and compared with test/tidy/allowances.ts.

import { areaOf, folderOf, isTest, lineAt, type Project } from "./project.ts";

/** Compared with text in which camelCase names are split, so that `nodeUnheard` counts as "unheard". */
const BANNED_WORDS: { words: string[]; instead: string }[] = [
  { words: ["whoever", "whomever"], instead: "name the subject: the client, the caller, the worker" },
  { words: ["nobody", "somebody"], instead: "name the subject: no client, a user, another program" },
  { words: ["anew"], instead: "again" },
  { words: ["lest"], instead: "so that ... does not" },
  // "(of before)" at the end of a loop's head is code.
  { words: ["as ever", "of before(?!\\))", "of old", "for ever"], instead: "as before, older, without end" },
  { words: ["hearsay", "hitherto", "thereof", "rubbish", "heed"], instead: "say what the code does" },
  { words: ["test tube", "by and by"], instead: "no figures of speech" },
  { words: ["reign", "reigns"], instead: "term" },
  { words: ["wish", "wishes", "wished"], instead: "ParsedTaskInput, TaskSpec or assignment; wanted, desired" },
  { words: ["unheard"], instead: "unconfirmed" },
  { words: ["heard", "hears"], instead: "observed, received, reported" },
  { words: ["told"], instead: "notified, sent" },
  { words: ["deaf", "deafen", "deafened", "deafness"], instead: "receives no events" },
  { words: ["room", "rooms", "roomy"], instead: "capacity, free capacity; space; folder" },
  { words: ["mend", "mends", "mended", "mending"], instead: "fix, repair" },
  { words: ["judge", "judges", "judged", "judging", "judgement", "judgements"], instead: "evaluate, check, rule" },
  { words: ["believe", "believes", "believed", "speak", "speaks", "spoke", "spoken"], instead: "assumes, sends, uses" },
];

const PATTERN = new RegExp(`\\b(${BANNED_WORDS.flatMap(({ words }) => words).join("|")})\\b`, "gi");

/** The files that list the words, and their tests. */
const EXEMPT = /^test\/tidy\//;

const split = (text: string): string => text.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ");

/** Places by folder: "src/core" to ["src/core/x.ts:3 \"anew\": again"]. */
export type Places = Map<string, string[]>;

function add(places: Places, area: string, place: string): void {
  const list = places.get(area) ?? [];
  list.push(place);
  places.set(area, list);
}

export function bannedWords(project: Project): Places {
  const places: Places = new Map();
  for (const file of [...project.code, ...project.documents, ...project.commands]) {
    if (EXEMPT.test(file)) continue;
    const text = split(project.read(file));
    for (const match of text.matchAll(PATTERN)) {
      const word = match[1]!.toLowerCase();
      const instead = BANNED_WORDS.find(({ words }) =>
        words.some((one) => new RegExp(`^(${one})`).test(word)),
      )?.instead;
      add(places, areaOf(file), `${file}:${lineAt(text, match.index)} "${word}": ${instead}`);
    }
  }
  return places;
}

const CHANGE_TYPE = /"[a-z]+\.(created|updated|removed|registered)"/g;

/** Literals such as "task.created" outside of core and model: elsewhere a kind is data (model/kinds.ts). */
export function changeTypeLiterals(project: Project): Places {
  const places: Places = new Map();
  for (const file of project.code) {
    if (!file.startsWith("src/") || isTest(file) || ["core", "model"].includes(folderOf(file))) continue;
    const text = project.read(file);
    for (const match of text.matchAll(CHANGE_TYPE))
      add(places, areaOf(file), `${file}:${lineAt(text, match.index)} ${match[0]}: ask the kind (model/kinds.ts)`);
  }
  return places;
}
