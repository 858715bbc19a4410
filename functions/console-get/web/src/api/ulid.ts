const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** Returns a ULID: 48 bits of time and 80 random bits, in Crockford's base 32. */
export function ulid(now = Date.now()): string {
  let time = ""
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time
  const random = crypto.getRandomValues(new Uint8Array(16))
  return time + Array.from(random, (byte) => alphabet[byte % 32]).join("")
}
