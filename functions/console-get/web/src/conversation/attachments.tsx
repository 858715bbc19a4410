import { File, FileWarning, ImageOff } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import type { Attachment } from "../api/types"
import { t } from "../i18n"
import { fileSize } from "../i18n/format"
import type { StoredFile } from "../log/db"
import { storedFiles } from "../drafts/drafts"
import { uploads } from "../outbox/upload"

const thumbnail = 480

/** The files of a message: pictures as thumbnails of their final size, others as names. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.id}>{file.state === "ready" && file.width && file.height ? <Picture file={file} /> : <FileLine file={file} />}</li>
      ))}
    </ul>
  )
}

function Picture({ file }: { file: Attachment }) {
  const [failed, fail] = useState(false)
  const scale = Math.min(1, 280 / file.width!, 280 / file.height!)
  return (
    <a class="picture" href={`/attachments/${file.id}`} target="_blank" rel="noopener" aria-label={t().files.open(file.name)} title={file.name}>
      {failed ? <ImageOff size={24} /> : <img src={`/attachments/${file.id}?size=${thumbnail}`} alt="" width={Math.round(file.width! * scale)} height={Math.round(file.height! * scale)} onError={() => fail(true)} />}
    </a>
  )
}

function FileLine({ file }: { file: Attachment }) {
  const state = file.state === "ready" ? fileSize(file.size) : t().files[file.state]
  const content = (
    <>
      {file.state === "refused" || file.state === "expired" ? <FileWarning size={20} /> : <File size={20} />}
      <span class="file-name" dir="auto">{file.name}</span>
      <span class="meta">{state}</span>
    </>
  )
  if (file.state !== "ready") return <span class="file" data-state={file.state}>{content}</span>
  return <a class="file" href={`/attachments/${file.id}`} target="_blank" rel="noopener">{content}</a>
}

/** The files of a draft or of a waiting message, with their progress. */
export function StoredFiles({ ids, onRemove }: { ids: readonly string[]; onRemove?: (id: string) => void }) {
  const [files, setFiles] = useState<StoredFile[]>([])
  const key = ids.join()
  useEffect(() => {
    let current = true
    void storedFiles(ids).then((found) => current && setFiles(found))
    return () => void (current = false)
  }, [key])
  if (ids.length === 0) return null
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.id} class="file">
          <Preview file={file} />
          <span class="file-name" dir="auto">{file.name}</span>
          <span class="meta">{uploads.value[file.id] === undefined ? fileSize(file.size) : t().files.uploading}</span>
          {uploads.value[file.id] !== undefined && <progress value={uploads.value[file.id]} aria-label={file.name} />}
          {onRemove && <button type="button" class="file-remove" aria-label={t().files.remove(file.name)} title={t().files.remove(file.name)} onClick={() => onRemove(file.id)}>×</button>}
        </li>
      ))}
    </ul>
  )
}

function Preview({ file }: { file: StoredFile }) {
  const [url, setUrl] = useState("")
  const isImage = file.type.startsWith("image/")
  useEffect(() => {
    if (!isImage) return
    const made = URL.createObjectURL(file.blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file.id])
  return url ? <img class="file-preview" src={url} alt="" /> : <File size={20} />
}
