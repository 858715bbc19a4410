import type { ComponentChildren } from "preact"
import { flushSync } from "preact/compat"
import { useEffect, useId, useRef, useState } from "preact/hooks"

export interface MenuItem {
  label: string
  icon?: ComponentChildren
  /** The key that does the same, shown at the end. */
  shortcut?: string
  /** What else is known, at the end: a number. */
  detail?: string
  checked?: boolean
  danger?: boolean
  onSelect: () => void
}

interface MenuProps {
  /** The button that opens the menu; it gets these properties. */
  button: (props: { onClick: () => void; "aria-haspopup": "menu"; "aria-expanded": boolean; "aria-controls": string }) => ComponentChildren
  label: string
  items: readonly (MenuItem | "line")[]
}

/** A menu button (ARIA APG): arrows, Home, End, first letter, Escape, Tab. The browser closes the popover. */
export function Menu({ button, label, items }: MenuProps) {
  const id = useId()
  const root = useRef<HTMLDivElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const [opened, setOpened] = useState(false) // most menus never are, so their items are drawn then

  const entries = () => [...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])]
  const show = () => {
    const anchor = root.current?.getBoundingClientRect()
    const element = menu.current
    if (!anchor || !element) return
    flushSync(() => setOpened(true)) // its size is needed below
    element.showPopover()
    const { width, height } = element.getBoundingClientRect()
    const rtl = document.documentElement.dir === "rtl"
    const start = rtl ? anchor.left : anchor.right - width
    element.style.insetInlineStart = `${rtl ? Math.max(8, window.innerWidth - Math.max(anchor.right, anchor.left + width)) : Math.max(8, start)}px`
    element.style.insetBlockStart = `${anchor.bottom + height + 8 > window.innerHeight ? Math.max(8, anchor.top - height - 4) : anchor.bottom + 4}px`
    entries()[0]?.focus()
  }
  const close = () => {
    menu.current?.hidePopover()
    root.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus()
  }
  useEffect(() => {
    // Its place is that of the button when it opened.
    const hide = () => menu.current?.hidePopover()
    addEventListener("resize", hide)
    return () => removeEventListener("resize", hide)
  }, [])
  const onKey = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const move = (to: number) => all[(to + all.length) % all.length]?.focus()
    if (event.key === "ArrowDown") move(at + 1)
    else if (event.key === "ArrowUp") move(at - 1)
    else if (event.key === "Home") move(0)
    else if (event.key === "End") move(all.length - 1)
    else if (event.key === "Escape") close()
    else if (event.key === "Tab") return menu.current?.hidePopover()
    else if (event.key.length === 1 && event.key !== " ") all.find((item, i) => i > at && item.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div ref={root} class="menu-root">
      {button({ onClick: () => (open ? close() : show()), "aria-haspopup": "menu", "aria-expanded": open, "aria-controls": id })}
      <div ref={menu} id={id} class="menu" role="menu" tabIndex={-1} aria-label={label} popover="auto" onToggle={(event) => setOpen(event.newState === "open")} onKeyDown={onKey}>
        {opened && items.map((item, i) =>
          item === "line" ? (
            <hr key={i} />
          ) : (
            <button
              key={i}
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={item.checked}
              tabIndex={-1}
              data-danger={item.danger || undefined}
              onClick={() => {
                close()
                item.onSelect()
              }}
            >
              {item.icon}
              <span>{item.label}</span>
              {item.detail && <span class="end meta">{item.detail}</span>}
              {item.shortcut && <kbd class="end">{item.shortcut}</kbd>}
            </button>
          ),
        )}
      </div>
    </div>
  )
}
