import { useState } from "preact/hooks"

interface Props {
  name: string
  pictureUrl?: string | null | undefined
  size?: "small" | "large"
}

/** The picture of a person, else the initials. The name stands beside it, so it is hidden from screen readers. */
export function Avatar({ name, pictureUrl, size }: Props) {
  // A person without a picture has an address too; it answers 404.
  const [failed, fail] = useState<string | null>(null)
  if (pictureUrl && failed !== pictureUrl) return <img class="avatar" data-size={size} src={pictureUrl} alt="" loading="lazy" onError={() => fail(pictureUrl)} />
  const initials = name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "")
  // A joiner between Persian initials keeps them from connecting.
  return <span class="avatar" data-size={size} aria-hidden="true">{initials.join("\u200c").toUpperCase()}</span>
}
