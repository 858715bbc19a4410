import { Paperclip, SendHorizontal } from "lucide-preact"
import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef, useState } from "preact/hooks"
import { maxFiles, maxText } from "../api/limits"
import { settings } from "../config"
import { t } from "../i18n"
import { fileSize } from "../i18n/format"
import { addFile, draftSignal, editDraft, isSendable, removeFile } from "../drafts/drafts"
import { acceptedFiles, mediaType } from "../outbox/upload"
import { IconButton, tooLong } from "../ui/controls"
import { toast, toastError } from "../ui/toast"
import { StoredFiles } from "./attachments"

interface ComposerProps {
  /** The draft that it edits. */
  draft: string
  label: string
  sendLabel?: string
  /** Tints it, so that nobody takes a note for a reply. */
  note?: boolean
  /** Above the text: tabs of reply and note. */
  head?: ComponentChildren
  onSend: () => void
  /** Called at most once in 3 s while somebody types. */
  onTyping?: () => void
  autoFocus?: boolean
}

const typingEvery = 3_000

/** The field for a message: files by button, paste and drop; Ctrl+Enter sends. */
export function Composer({ draft: key, label, sendLabel = t().actions.send, note, head, onSend, onTyping, autoFocus }: ComposerProps) {
  const draft = draftSignal(key).value
  const text = useRef<HTMLTextAreaElement>(null)
  const typedAt = useRef(0)
  const { drop, pick, input } = useFiles(key)
  useEffect(() => {
    if (autoFocus) text.current?.focus()
  }, [key, autoFocus])
  const problem = tooLong(draft.text, maxText)
  const problemId = useId()
  const send = () => {
    if (isSendable(draftSignal(key).peek())) onSend() // the rendered state may lag behind the last key
    text.current?.focus()
  }
  return (
    <form
      class="composer no-print"
      data-note={note || undefined}
      data-dropping={drop.over || undefined}
      {...drop.handlers}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {head}
      <StoredFiles ids={draft.files} onRemove={(id) => void removeFile(key, id)} />
      <div class="composer-line">
        <IconButton label={t().files.add} onClick={() => input.current?.click()}><Paperclip size={20} /></IconButton>
        <input ref={input} type="file" multiple hidden accept={acceptedFiles} onChange={(event) => pick(event.currentTarget)} />
        <textarea
          ref={text}
          class="composer-text"
          dir="auto"
          rows={1}
          aria-label={label}
          placeholder={label}
          value={draft.text}
          aria-invalid={problem ? true : undefined}
          aria-describedby={problem ? problemId : undefined}
          onInput={(event) => {
            editDraft(key, { text: event.currentTarget.value })
            if (onTyping && Date.now() - typedAt.current > typingEvery) {
              typedAt.current = Date.now()
              onTyping()
            }
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
              event.preventDefault()
              send()
            }
          }}
        />
        <button type="submit" class="button composer-send" data-kind={note ? "note" : "primary"} aria-disabled={!isSendable(draft)} title={`${sendLabel} (Ctrl+Enter)`}>
          <SendHorizontal size={18} class="mirror" />
          <span>{sendLabel}</span>
        </button>
      </div>
      {problem && <p id={problemId} class="composer-problem" role="status">{problem}</p>}
      {drop.over && <p class="composer-drop">{t().newTicket.drop}</p>}
    </form>
  )
}

/** Files for a draft: by button, paste and drop. What is not accepted is said. */
export function useFiles(key: string) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const take = async (files: readonly File[]) => {
    // One after another, so that each is counted.
    for (const file of files) {
      const limit = settings.maxFileMiB * 2 ** 20
      if (!mediaType(file.name)) toast(t().files.wrongType(file.name), { kind: "error" })
      else if (file.size > limit) toast(t().files.tooLarge(file.name, fileSize(limit)), { kind: "error" })
      else if (draftSignal(key).peek().files.length >= maxFiles) toast(t().files.tooMany(maxFiles), { kind: "error" })
      else await addFile(key, file).catch(toastError)
    }
  }
  const pick = (element: HTMLInputElement) => {
    void take([...(element.files ?? [])])
    element.value = ""
  }
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false
  const handlers = {
    onPaste: (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      void take(files)
    },
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false)
      if (!hasFiles(event)) return
      event.preventDefault()
      void take([...event.dataTransfer!.files])
    },
  }
  return { drop: { over, handlers }, pick, input }
}
