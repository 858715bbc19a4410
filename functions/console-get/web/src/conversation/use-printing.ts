import { useEffect, useState } from "preact/hooks"
import { flushSync } from "preact/compat"
import { logSignal, takeWhole } from "../log/store"
import { toastError } from "../ui/toast"

/** Prints a ticket with all its entries, or with the held ones if the others cannot be fetched. */
export async function printTicket(ticketId: string): Promise<void> {
  await takeWhole(ticketId).catch(toastError)
  await new Promise(requestAnimationFrame) // the entries are rendered
  print()
}

/** Whether the page is being printed; then every row must be there. */
export function usePrinting(ticketId: string): boolean {
  const [printing, setPrinting] = useState(false)
  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true))
    const after = () => setPrinting(false)
    addEventListener("beforeprint", before)
    addEventListener("afterprint", after)
    return () => {
      removeEventListener("beforeprint", before)
      removeEventListener("afterprint", after)
    }
  }, [])
  useEffect(() => {
    // A page that is about to be printed cannot wait for older entries.
    const onKey = (event: KeyboardEvent) => {
      const isP = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() === "p" : event.code === "KeyP"
      if (!isP || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || logSignal(ticketId).peek().complete) return
      event.preventDefault()
      void printTicket(ticketId)
    }
    addEventListener("keydown", onKey)
    return () => removeEventListener("keydown", onKey)
  }, [ticketId])
  return printing
}
