import { adminText } from "../../i18n/admin"

export default function Admin() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{adminText().title}</h1>
      </header>
    </div>
  )
}
