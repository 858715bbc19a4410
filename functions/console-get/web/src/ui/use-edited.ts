import { useState } from "preact/hooks"

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** The value of a field over data that may change meanwhile: it follows the data until somebody changes it. Only what is `changed` is to be sent. */
export function useEdited<V>(loaded: V) {
  const [edit, setEdit] = useState<{ value: V } | null>(null)
  return {
    value: edit ? edit.value : loaded,
    changed: edit !== null && !same(edit.value, loaded),
    set: (value: V) => setEdit(same(value, loaded) ? null : { value }),
    /** Follows the data again once a value is stored, unless it has been changed since. */
    stored: (value: V) => setEdit((now) => (now && same(now.value, value) ? null : now)),
  }
}
