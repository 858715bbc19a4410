import { useEffect, useRef, useState } from "preact/hooks"
import { call } from "../../api/client"
import { isTemporary } from "../../api/problem"
import type { User } from "../../api/types"
import { ulid } from "../../api/ulid"
import { updateUser } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { database } from "../../log/db"
import { uploadFile } from "../../outbox/upload"
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
  const form = useForm()
  useEffect(() => {
    void createImageBitmap(file).then(setImage, form.setError)
  }, [file])
  const side = image ? Math.min(image.width, image.height) / zoom : 1
  useEffect(() => {
    const context = canvas.current?.getContext("2d")
    if (!image || !context) return
    const at = (part: number, length: number) => Math.max(0, Math.min(length - side, part * length - side / 2))
    context.drawImage(image, at(center.x, image.width), at(center.y, image.height), side, side, 0, 0, size, size)
  }, [image, side, center])
  const move = (x: number, y: number) => setCenter((from) => ({ x: Math.max(0, Math.min(1, from.x + x)), y: Math.max(0, Math.min(1, from.y + y)) }))

  const save = () =>
    form.run(async () => {
      const blob = await new Promise<Blob | null>((resolve) => canvas.current!.toBlob(resolve, "image/jpeg", 0.9))
      const id = ulid()
      await (await database()).put("files", { id, blob: blob!, name: "picture.jpg", type: "image/jpeg", size: blob!.size })
      updateUser(await setPicture(await uploadFile(id)))
      await (await database()).delete("files", id)
      onClose()
    })
  return (
    <Dialog title={profileText().cropTitle} onClose={onClose} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button kind="primary" busy={form.busy} onClick={() => void save()}>{t().actions.save}</Button></>}>
      <canvas
        ref={canvas}
        class="crop"
        width={size}
        height={size}
        tabIndex={0}
        role="img"
        aria-label={profileText().picture}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => image && event.buttons === 1 && move(-event.movementX / event.currentTarget.clientWidth / zoom, -event.movementY / event.currentTarget.clientHeight / zoom)}
        onKeyDown={(event) => {
          const step = ({ ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] } as Record<string, [number, number]>)[event.key]
          if (!step) return
          event.preventDefault()
          move(...step)
        }}
      />
      <label class="field">
        <span class="label">{profileText().zoom}</span>
        <input type="range" min="1" max="4" step="0.05" value={zoom} onInput={(event) => setZoom(Number(event.currentTarget.value))} />
      </label>
      <FormProblem error={form.error} />
    </Dialog>
  )
}

/** Sets the picture as soon as the upload has been checked. */
async function setPicture(pictureId: string): Promise<User> {
  for (let tries = 0; ; tries++) {
    try {
      return await call("patch", "/profile", { body: { pictureId } })
    } catch (error) {
      if (tries === 20 || !isTemporary(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
