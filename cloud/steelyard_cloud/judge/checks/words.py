"""What the steps say, as sentences with `{name}` places: the file's report and the pages show the same ones."""

SENTENCES: dict[str, str] = {
    # 1 root
    "root": "The platform's root is the one that you trust.",
    "root-not-pinned": "Whether the root {root} is the platform's is not known: compare it with the scale's label.",
    "other-root": "The root {root} is not one that you trust.",
    # 2 seal
    "seal": "The platform's seal is valid.",
    "no-seal": "Nothing seals what the platform says.",
    "root-key": "The root is not a P-256 key.",
    "key-set": "The platform's keys are not what the root signed.",
    "not-authority": "The seal is not from a key with the role authority.",
    "changed": "The contents were changed after the platform sealed the file.",
    "invalid-seal": "The platform's seal on the file is invalid.",
    # 3 keys
    "keys": "Each key of the scale is bound by an enrolment that it signed ({keys}).",
    "no-keys": "No key of the scale is named.",
    "enrolment": "An enrolment does not belong to the key beside it.",
    "succession": "The keys do not succeed one another, so they are not all of one scale.",
    # 4 names
    "names": "The registry calls the scale what the scale signed at its enrolment.",
    "no-names": "What the registry calls the scale cannot be compared.",
    "other-names": "The registry's word differs from what the scale signed at its enrolment: {names}.",
    # 5 signatures
    "signatures": "Statements verified by their own signature: {signed}; by the link of a later one: {linked}.",
    "no-statements": "There are no statements to check.",
    "not-statements": "Items that are not statements: {count}.",
    "strangers": "Statements from identities that are not the scale's: {count}.",
    "bad-signature": "Statements that were altered or forged: {count}, the first is number {number}.",
    "disordered": "The statements are not in their order, or one is there twice.",
    "nothing-authentic": "No statement could be authenticated.",
    # 6 named root
    "root-named": "The scale's own boot statements name the same root.",
    "root-not-named": "No boot statement of the scale shows that it belongs to this root.",
    "another-platform": "The scale's boot statements name another root: it belongs to another platform.",
    "other-key": "A boot statement names another key than the one that signed it.",
    # 7 left out
    "nothing-stored": "There are no authentic statements to judge.",
    "nothing-left-out": "Nothing that is stored was left out.",
    "left-out": "Stored but left out of this file: {ranges}.",
    "left-out-lies": "What is said to be left out cannot be: {ranges}.",
    # 8 numbers
    "complete": "Every number from 1 to {head} is there.",
    "missing": "Numbers missing: {ranges}.",
    "may-come": "Numbers missing that may still arrive: {ranges}.",
    "nothing-of-key": "Of one of the scale's keys there is no statement.",
    # 9 order
    "in-order": "No number is used twice, every link fits, and nothing went down that only rises.",
    "fork": "Two different statements carry the same number: {ranges}.",
    "link": "A statement does not link to the one before it: {ranges}.",
    "counters": "A calibration or configuration counter went down: {ranges}.",
    "boot": "The boot number went down: {ranges}.",
    "uptime": "The running time went down without a restart: {ranges}.",
    "journal-lost": "The scale reports that its journal was lost: {ranges}.",
    "rolled-back": "The scale reports that its memory was rolled back: {ranges}.",
    "re-signed": "The same content was signed twice: {ranges}.",
    # 10 facts
    "vouched": "Verifications, decisions, permits and approved software are the platform's word, under its seal.",
    "not-vouched": "What is said about verifications, permits and approved software has no proof.",
    # 11 baseline
    "baseline": "The verified parameters and the verified machine are on record, in the scale's own words.",
    "no-verification": "No verification is on record, so there are no verified parameters to compare with.",
    "statement-not-stored": "A statement that a verification names is not there.",
    "two-verifications": "Two verifications name the same statement.",
    # 12 findings
    "no-findings": "No rule found a problem with this scale.",
    "findings": "Findings that follow from the scale's own statements: {count}.",
    "pending": "A rule waits for something that is missing.",
    "parts-not-judged": "No rule found a problem in these statements; the others were not judged.",
    "cannot-be-judged": "The rules cannot be applied.",
}
