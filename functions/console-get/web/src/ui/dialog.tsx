import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef } from "preact/hooks"
import { X } from "lucide-preact"
import { t } from "../i18n"
import { useBackdrop } from "./backdrop"
import { Button, IconButton } from "./controls"

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
  /** Buttons at the end. */
  actions?: ComponentChildren
  /** Makes it a form, which the button of type submit and Enter in a field send. */
  onSubmit?: () => void
  /** Whether Escape and the cross close it; else it may come while somebody types. */
  closable?: boolean
}

const firstWanted = ".field :is(input, textarea, select):enabled, .dialog-actions [data-kind=primary]"

function show(dialog: HTMLDialogElement, closable: boolean): void {
  const interrupts = !closable && document.activeElement?.matches("input, textarea")
  dialog.showModal()
  if (interrupts) dialog.querySelector("h2")!.focus() // what is typed goes nowhere, rather than into a password
  // The browser starts at the cross; the reader wants the first field or the action.
  else if (!dialog.querySelector("[autofocus]")) dialog.querySelector<HTMLElement>(firstWanted)?.focus()
}

/** A modal dialog: the native element traps the focus and gives it back. */
export function Dialog({ title, onClose, children, actions, onSubmit, closable = true }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  const Body = onSubmit ? "form" : "div"
  useEffect(() => {
    const element = dialog.current!
    show(element, closable)
    return () => element.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        if (closable) onClose()
      }}
      // Chromium closes it at a second Escape, whatever the first one was answered.
      onClose={({ currentTarget }) => currentTarget.isConnected && show(currentTarget, closable)}
      {...useBackdrop(() => closable && onClose())}
    >
      <Body
        class="dialog-body"
        noValidate // the API says what a field lacks
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault()
          onSubmit?.()
        }}
      >
        <div class="dialog-head">
          <h2 id={id} tabIndex={-1}>{title}</h2>
          {closable && (
            <IconButton label={t().actions.close} onClick={onClose}>
              <X size={20} />
            </IconButton>
          )}
        </div>
        {children}
        {actions && <div class="dialog-actions">{actions}</div>}
      </Body>
    </dialog>
  )
}

interface ConfirmProps {
  title: string
  text: string
  confirm: string
  kind?: "primary" | "danger"
  busy?: boolean
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ title, text, confirm, kind = "primary", busy = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button kind={kind} busy={busy} onClick={onConfirm}>{confirm}</Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  )
}
