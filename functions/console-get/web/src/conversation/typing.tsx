import { t } from "../i18n"
import { room } from "../socket/realtime"

/** Who is writing now. Its place is always there, so that nothing moves. */
export function Typing({ ticketId }: { ticketId: string }) {
  const people = room(ticketId).typing.value
  return <p class="typing no-print" aria-live="off">{people.length === 1 ? t().ticket.typing(people[0]!.name) : people.length > 1 ? t().ticket.several : "\u00a0"}</p>
}
