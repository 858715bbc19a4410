import type { Entry, Status } from "../api/types"
import { named, t } from "../i18n"
import { isolate, list } from "../i18n/format"
import { tagsOf } from "../log/fold"
import { statusText } from "../ui/status"

interface Names {
  me: string
  categories: readonly { id: string; name: string }[]
  assignee: { id: string; name: string } | null
}

interface Change {
  field: string
  from: unknown
  to: unknown
  toName?: string | null
}

/** What an entry that is no message says, as a sentence. */
export function eventText(entry: Entry, { me, categories, assignee }: Names): string {
  const texts = t().ticket.system
  const change = entry.change as Change | null
  const author = entry.author
  const who = author.id === me ? t().ticket.you : author.name || (author.role === "system" ? t().role.system : t().ticket.unknownAuthor)
  if (entry.kind === "follow_up") return texts.follow_up(who)
  if (entry.kind === "unlinked") return texts.unlinked
  const to = String(change?.to ?? "")
  switch (change?.field) {
    case "status":
      return author.role === "system" || entry.kind === "message" ? texts.statusAuto(statusText(to as Status)) : texts.status(who, statusText(to as Status))
    case "assignee":
    case "assigneeId":
    case "assignment": {
      if (!change.to) return texts.released(who)
      if (to === author.id) return texts.taken(who)
      return texts.assigned(who, change.toName ?? (assignee?.id === to ? assignee.name : t().ticket.support))
    }
    case "priority":
      return texts.priority(who, named(t().priority, to))
    case "category":
    case "categoryId":
      return texts.category(who, change.toName ?? categories.find((category) => category.id === to)?.name ?? "…")
    case "title":
      return texts.title(who, to)
    case "tags": {
      const tags = tagsOf(change.to)
      return tags.length ? texts.tags(who, list(tags.map(isolate))) : texts.noTags(who)
    }
  }
  return texts.other(who)
}
