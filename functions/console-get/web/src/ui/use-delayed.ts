import { useEffect, useState } from "preact/hooks"

const delay = 250

/** The value once it has not changed for 250 ms; an empty one at once. For searches while somebody types. */
export function useDelayed(value: string): string {
  const [delayed, setDelayed] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), value ? delay : 0)
    return () => clearTimeout(timer)
  }, [value])
  return delayed
}
