import { Compass } from "lucide-preact"
import { Link } from "wouter-preact"
import { t } from "../i18n"
import { Empty } from "../ui/states"

export function NotFound() {
  return (
    <Empty icon={<Compass size={32} />} title={t().state.notFoundTitle} text={t().state.notFoundText}>
      <Link class="button" data-kind="plain" href="/">{t().state.home}</Link>
    </Empty>
  )
}
