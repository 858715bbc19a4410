import { useEffect, useState } from "preact/hooks"
import { ApiError } from "../../api/problem"
import { focusProblem } from "../../ui/states"

export type Form = ReturnType<typeof useForm>

/** Runs an action at a time and keeps its error. `problem` returns the message of a field. */
export function useForm() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    if (error) focusProblem()
  }, [error])
  const run = async (action: () => Promise<void>) => {
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      await action()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  const problem = (field: string) => (error instanceof ApiError ? error.fields[field] : undefined)
  return { busy, error, setError, run, problem }
}
