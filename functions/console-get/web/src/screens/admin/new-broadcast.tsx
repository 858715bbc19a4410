import { useEffect, useState } from "preact/hooks"
import { call } from "../../api/client"
import { excess } from "../../api/excess"
import { maxBroadcastBody, maxBroadcastTitle } from "../../api/limits"
import type { components } from "../../api/schema"
import type { Role } from "../../api/types"
import { ulid } from "../../api/ulid"
import { adminText } from "../../i18n/admin"
import { type Language, languagesInOrder, t } from "../../i18n"
import { number } from "../../i18n/format"
import { Button, TextArea, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem, focusProblem } from "../../ui/states"
import { useForm } from "../account/use-form"
import { smsParts } from "./sms-parts"

type RecipientCount = components["schemas"]["RecipientCount"]
const channels = ["app", "email", "sms", "push"] as const
type Channel = (typeof channels)[number]

interface Text {
  title: string
  body: string
}

interface BroadcastDraft {
  texts: Partial<Record<Language, Text>>
  roles: Role[]
  channels: Channel[]
  /** Idempotency key: the same draft is one broadcast, also if it is sent twice. */
  key: string
}

export const emptyBroadcast = (): BroadcastDraft => ({ texts: {}, roles: ["user"], channels: ["app"], key: ulid() })

interface Props {
  draft: BroadcastDraft
  onDraft: (draft: BroadcastDraft) => void
  onSent: () => void
  onClose: () => void
}

/** Writes a broadcast: texts, recipients and channels; then a review with the number of recipients, and the way it looks. */
export function NewBroadcast({ draft, onDraft, onSent, onClose }: Props) {
  const { texts, roles, channels: chosen } = draft
  const change = (part: Partial<BroadcastDraft>) => onDraft({ ...draft, ...part, key: ulid() })
  const [tried, setTried] = useState(false)
  const [recipients, setRecipients] = useState<RecipientCount | null>(null)
  const form = useForm()
  const text = adminText()
  const order = languagesInOrder.value
  const written = order.filter((language) => has(texts[language], "title") && has(texts[language], "body"))
  const needed = order.map((language, index) => isNeeded(texts[language], index === 0 && written.length === 0))
  const ready = !needed.includes(true) && order.every((language) => fits(texts[language])) && roles.length > 0 && chosen.length > 0
  const broadcast = () => ({ ...requestTexts(written.map((language) => [language, texts[language]!])), audience: { roles }, channels: chosen })
  useEffect(() => {
    if (tried) focusProblem()
  }, [tried])
  const review = () => {
    setTried(!ready)
    if (ready) void count()
  }
  const count = () =>
    form.run(async () => {
      setRecipients((await call("post", "/broadcasts", { body: { ...broadcast(), dryRun: true } })) as RecipientCount)
    })
  const send = () =>
    form.run(async () => {
      await call("post", "/broadcasts", { body: broadcast(), idempotencyKey: draft.key })
      onSent()
    })
  if (recipients)
    return (
      <Dialog key="review" title={text.review} onClose={onClose} actions={<><Button onClick={() => setRecipients(null)}>{t().nav.back}</Button><Button kind="danger" busy={form.busy} onClick={() => void send()}>{text.sendNow}</Button></>}>
        <FormProblem error={form.error} />
        {written.map((language) => <Preview key={language} language={language} text={texts[language]!} sms={chosen.includes("sms")} />)}
        <p class="meta">{chosen.map((channel) => text.channels[channel]).join(" · ")}</p>
        <p class="notice" data-tone="warn" role="alert">{text.sureText(recipients.total, recipients.complete)}</p>
      </Dialog>
    )
  return (
    <Dialog title={text.newBroadcast} onClose={onClose} onSubmit={review} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button type="submit" kind="primary" busy={form.busy}>{text.review}</Button></>}>
      <FormProblem error={form.error} />
      {order.map((language, index) => <TextFields key={language} language={language} first={index === 0} needed={tried && needed[index]!} text={texts[language] ?? { title: "", body: "" }} onText={(value) => change({ texts: { ...texts, [language]: value } })} />)}
      <Checks legend={text.audience} all={["user", "support", "admin"]} chosen={roles} label={(role) => t().role[role]} needed={tried} onChosen={(roles) => change({ roles })} />
      <Checks legend={text.channelsLabel} all={channels} chosen={chosen} label={(channel) => text.channels[channel]} needed={tried} onChosen={(channels) => change({ channels })} />
    </Dialog>
  )
}

/** The fields of POST /broadcasts: the first text is for all languages without one of their own. */
function requestTexts(written: readonly (readonly [Language, Text])[]) {
  const { title, body } = written[0]![1]
  if (written.length === 1) return { title, body }
  return { title, body, titles: Object.fromEntries(written.map(([language, text]) => [language, text.title])), bodies: Object.fromEntries(written.map(([language, text]) => [language, text.body])) }
}

const has = (text: Text | undefined, field: keyof Text) => Boolean(text?.[field].trim())

const fits = (text: Text | undefined) => excess(text?.title ?? "", maxBroadcastTitle) + excess(text?.body ?? "", maxBroadcastBody) === 0

/** Reports whether a field of a text must still be filled in: both, or none of a language that may be left out. */
const isNeeded = (text: Text | undefined, required: boolean) => required || has(text, "title") !== has(text, "body")

interface TextProps {
  language: Language
  first: boolean
  /** Shows which fields are empty. */
  needed: boolean
  text: Text
  onText: (text: Text) => void
}

function TextFields({ language, first, needed, text, onText }: TextProps) {
  const problem = (field: keyof Text) => (needed && !has(text, field) ? t().errors.required : undefined)
  return (
    <fieldset class="admin-language">
      <legend>{t().language[language]}</legend>
      {!first && <p class="meta">{adminText().otherLanguage}</p>}
      <TextField label={adminText().broadcastTitle} lang={language} value={text.title} onText={(title) => onText({ ...text, title })} limit={maxBroadcastTitle} autoFocus={first} optional={!first} problem={problem("title")} />
      <TextArea label={adminText().broadcastBody} lang={language} value={text.body} onText={(body) => onText({ ...text, body })} limit={maxBroadcastBody} optional={!first} problem={problem("body")} />
    </fieldset>
  )
}

interface ChecksProps<T extends string> {
  legend: string
  all: readonly T[]
  chosen: readonly T[]
  label: (value: T) => string
  /** Shows that one must be chosen. */
  needed: boolean
  onChosen: (chosen: T[]) => void
}

function Checks<T extends string>({ legend, all, chosen, label, needed, onChosen }: ChecksProps<T>) {
  return (
    <fieldset class="admin-language">
      <legend>{legend}</legend>
      {all.map((value) => (
        <label key={value} class="check">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => onChosen(chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value])} />
          {label(value)}
        </label>
      ))}
      {needed && chosen.length === 0 && <p class="problem" role="alert">{adminText().chooseOne}</p>}
    </fieldset>
  )
}

/** The text as a message on a phone, and how many SMS it takes. */
function Preview({ language, text, sms }: { language: Language; text: Text; sms: boolean }) {
  return (
    <figure class="broadcast-preview">
      <figcaption class="meta"><bdi>{t().language[language]}</bdi>{sms && <> · {adminText().smsLength(number(smsParts(`${text.title} ${text.body}`)))}</>}</figcaption>
      <div lang={language}>
        <strong dir="auto">{text.title}</strong>
        <p dir="auto">{text.body}</p>
      </div>
    </figure>
  )
}
