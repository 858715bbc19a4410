import { useRef } from "preact/hooks"

/**
 * Handlers of a <dialog> that close it by a press on its backdrop, which is the element itself. A
 * press that begins within it, such as to select text, and ends on the backdrop clicks there too.
 */
export function useBackdrop(onClose: () => void) {
  const pressed = useRef(false)
  return {
    onPointerDown: (event: PointerEvent) => void (pressed.current = event.target === event.currentTarget),
    onClick: (event: MouseEvent) => {
      if (event.target === event.currentTarget && pressed.current) onClose()
    },
  }
}
