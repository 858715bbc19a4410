// GSM 03.38: basic characters, and those that take two.
const basic = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/
const double = /[\^{}\\[~\]|€]/g

/** How many messages an SMS of this text takes: 160 or 70 characters alone, 153 or 67 in each part. */
export function smsParts(text: string): number {
  const gsm = basic.test(text)
  const length = gsm ? text.length + (text.match(double)?.length ?? 0) : text.length
  const [alone, part] = gsm ? [160, 153] : [70, 67]
  return length <= alone ? 1 : Math.ceil(length / part)
}
