import { inboxText } from "../../i18n/inbox"

export default function Inbox() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{inboxText().title}</h1>
      </header>
    </div>
  )
}
