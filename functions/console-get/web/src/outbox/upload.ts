import { signal } from "@preact/signals"
import { call } from "../api/client"
import { maxFileName } from "../api/limits"
import { ApiError, isTemporary, NetworkError } from "../api/problem"
import { t } from "../i18n"
import { database, type StoredFile } from "../log/db"

/** Progress of uploads from 0 to 1, by the id of the stored file. */
export const uploads = signal<Record<string, number>>({})

/** Media types of files by extension; browsers do not know all of them. */
const types: Record<string, string> = {
  png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", webp: "image/webp", gif: "image/gif", heic: "image/heic", heif: "image/heif", pdf: "application/pdf",
  txt: "text/plain", log: "text/plain", csv: "text/csv", mp4: "video/mp4", mov: "video/quicktime", webm: "video/webm", m4a: "audio/mp4", mp3: "audio/mpeg", wav: "audio/wav", ogg: "audio/ogg", zip: "application/zip",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
export const acceptedFiles = Object.keys(types).map((extension) => `.${extension}`).join(",")

/** The media type of a file by its name, or "" if such files are not accepted. */
export const mediaType = (name: string): string => types[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? ""

/** Uploads a stored file, once, and returns the id of its attachment. */
export async function uploadFile(id: string): Promise<string> {
  const db = await database()
  let file = await db.get("files", id)
  if (!file) throw refused("") // the browser has lost it
  if (file.uploaded) return file.attachmentId!
  const expired = file.expiresAt !== undefined && Date.parse(file.expiresAt) < Date.now() + 30_000
  const form = (file.form ?? 0) + (expired ? 1 : 0)
  const offer = await call("post", "/attachments", {
    body: { name: shortName(file.name), type: mediaType(file.name) as never, size: file.size },
    idempotencyKey: `${id}-${form}`, // the same form for a repeat
  })
  file = { ...file, attachmentId: offer.id, form, expiresAt: offer.expiresAt }
  await db.put("files", file)
  try {
    await post(file, offer.upload)
  } catch (error) {
    if (error instanceof NetworkError && error.cause === formExpired) await forgetUpload(id)
    throw error
  }
  await db.put("files", { ...file, uploaded: true })
  return offer.id
}

/** Lets the next try upload a file with a new form: the server no longer has what was uploaded, or the form has expired. */
export async function forgetUpload(id: string): Promise<void> {
  const db = await database()
  const file = await db.get("files", id)
  if (file) await db.put("files", { ...file, uploaded: false, expiresAt: new Date(0).toISOString() })
}

/** The name of a file, cut before the extension to the bytes that the server takes. */
function shortName(name: string): string {
  const dot = name.lastIndexOf(".")
  const letters = Array.from(name.slice(0, dot))
  const short = () => letters.join("") + name.slice(dot)
  while (new TextEncoder().encode(short()).length > maxFileName) letters.pop()
  return short()
}

/** The error of a file that will not be accepted, with a text for the reader. */
export const refused = (detail: string) => new ApiError(422, { type: "about:blank", title: "", detail, status: 422, code: "attachment_refused", errors: [] })

const checkTries = 120
const checkPause = 500

/** Waits until an upload has been checked. Throws attachment_refused, or attachment_pending after a minute. */
export async function waitForCheck(attachmentId: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return void (await call("get", "/attachments/{id}", { path: { id: attachmentId } }))
    } catch (error) {
      if (tries === checkTries || !isTemporary(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, checkPause))
    }
  }
}

const formExpired = "form expired"

/** S3 answers a stalled upload with 400 and an expired form with 403; both may succeed later. */
function uploadError(file: StoredFile, { status, responseText }: XMLHttpRequest): Error {
  if (status === 403 && responseText.includes("Policy expired")) return new NetworkError(formExpired)
  const isFinal = status >= 400 && status < 500 && status !== 408 && !responseText.includes("<Code>RequestTimeout</Code>")
  return isFinal ? refused(`${file.name}: ${t().files.refused}`) : new NetworkError(status)
}

/** Sends the form to the bucket. XMLHttpRequest, because fetch does not report progress. */
function post(file: StoredFile, upload: { url: string; fields: Record<string, string> }): Promise<void> {
  const body = new FormData()
  for (const [name, value] of Object.entries(upload.fields)) body.append(name, value)
  body.append("file", file.blob)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const settle = (finish: () => void) => {
      const { [file.id]: _, ...rest } = uploads.peek()
      uploads.value = rest
      finish()
    }
    request.upload.onprogress = ({ loaded, total }) => (uploads.value = { ...uploads.peek(), [file.id]: loaded / total })
    request.onload = () =>
      settle(() => {
        if (request.status < 300) return resolve()
        reject(uploadError(file, request))
      })
    request.onerror = request.ontimeout = () => settle(() => reject(new NetworkError("upload")))
    request.timeout = 15 * 60_000
    request.open("POST", upload.url)
    request.send(body)
  })
}
