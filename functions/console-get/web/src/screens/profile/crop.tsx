import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { call } from "../../api/client"
import { isTemporary } from "../../api/problem"
import { ulid } from "../../api/ulid"
import { updateUser } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { database, hasDatabase } from "../../log/db"
import { refused, uploadFile, uploads, waitForCheck } from "../../outbox/upload"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { useForm } from "../account/use-form"

const size = 512

/** Chooses the square of a picture that is shown: dragging or arrows move it, the slider zooms. */
export function CropDialog({ file, onClose }: { file: File; onClose: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [image, setImage] = useState<ImageBitmap | null>(null)
  const [zoom, setZoom] = useState(1)
  const [center, setCenter] = useState({ x: 0.5, y: 0.5 })
  const [step, setStep] = useState<"uploading" | "pending">("uploading")
  const stored = useStoredFile()
  const form = useForm()
  useEffect(() => {
    void createImageBitmap(file).then(setImage, () => form.setError(refused(t().files.wrongType(file.name))))
  }, [file])
  const side = image ? Math.min(image.width, image.height) / zoom : 1
  // Before the button can be pressed.
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d")
    if (!image || !context) return
    void stored.remove() // it has another part of the picture
    const at = (part: number, length: number) => Math.max(0, Math.min(length - side, part * length - side / 2))
    context.fillStyle = "#fff" // JPEG has no transparency
    context.fillRect(0, 0, size, size)
    context.drawImage(image, at(center.x, image.width), at(center.y, image.height), side, side, 0, 0, size, size)
  }, [image, side, center])
  const still = !image || form.busy
  const move = (x: number, y: number) => still || setCenter((from) => ({ x: Math.max(0, Math.min(1, from.x + x)), y: Math.max(0, Math.min(1, from.y + y)) }))

  const save = () =>
    form.run(async () => {
      setStep("uploading")
      const id = await stored.put(canvas.current!)
      try {
        const pictureId = await uploadFile(id)
        setStep("pending")
        await waitForCheck(pictureId)
        if (stored.closed()) return
        updateUser(await call("patch", "/profile", { body: { pictureId } }))
      } catch (error) {
        if (!isTemporary(error)) await stored.remove()
        throw error
      } finally {
        if (stored.closed()) await stored.remove(id)
      }
      onClose()
    })
  const progress = uploads.value[stored.id() ?? ""]
  return (
    <Dialog title={profileText().cropTitle} onClose={onClose} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button kind="primary" busy={form.busy} disabled={!image} onClick={() => void save()}>{t().actions.save}</Button></>}>
      <canvas
        ref={canvas}
        class="crop"
        width={size}
        height={size}
        tabIndex={0}
        role="img"
        aria-label={profileText().picture}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => event.buttons === 1 && move(-event.movementX / event.currentTarget.clientWidth / zoom, -event.movementY / event.currentTarget.clientHeight / zoom)}
        onKeyDown={(event) => {
          const way = ({ ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] } as Record<string, [number, number]>)[event.key]
          if (!way) return
          event.preventDefault()
          move(...way)
        }}
      />
      <label class="field">
        <span class="label">{profileText().zoom}</span>
        <input type="range" min="1" max="4" step="0.05" value={zoom} disabled={form.busy} onInput={(event) => setZoom(Number(event.currentTarget.value))} />
      </label>
      {form.busy && (
        <p class="meta crop-step" role="status">
          {t().files[step]}
          {step === "uploading" && <progress aria-label={t().files.uploading} {...(progress === undefined ? {} : { value: progress })} />}
        </p>
      )}
      <FormProblem error={form.error} />
    </Dialog>
  )
}

/** The file of the dialog that uploads read. A repeated try finds it; it does not outlast the dialog. */
function useStoredFile() {
  const held = useRef<string | null>(null)
  const closed = useRef(false)
  const remove = async (id = held.current) => {
    held.current = null
    if (id && hasDatabase()) await (await database()).delete("files", id)
  }
  useEffect(
    () => () => {
      closed.current = true
      void remove()
    },
    [],
  )
  const put = async (canvas: HTMLCanvasElement): Promise<string> => {
    if (held.current) return held.current
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9))
    const id = ulid()
    await (await database()).put("files", { id, blob: blob!, name: "picture.jpg", type: "image/jpeg", size: blob!.size })
    return (held.current = id)
  }
  return { put, remove, id: () => held.current, closed: () => closed.current }
}
