import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { apiUrl, caller, isolated, launch, newCustomer, openTicketAs, type Person, person, signInOverApi } from "./console"

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

interface Given {
  name: string
  type: string
  /** The content, in base64; else `size` zeros. */
  base64?: string
  size?: number
}

/** Pastes or drops files on the field for a message, as the browser reports it. */
const give = (page: Page, how: "paste" | "dragover" | "drop", files: Given[]) =>
  page.getByLabel("Write a message").evaluate(
    (field, { how, files }) => {
      const data = new DataTransfer()
      for (const { name, type, base64, size } of files) {
        const bytes = base64 ? Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) : new Uint8Array(size ?? 1)
        data.items.add(new File([bytes], name, { type }))
      }
      const options = { bubbles: true, cancelable: true }
      field.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: data }) : new DragEvent(how, { ...options, dataTransfer: data }))
    },
    { how, files },
  )

async function atTicket(title: string, { worker = true } = {}): Promise<Person & { id: string }> {
  const phone = await newCustomer("Niloufar")
  const { id } = await openTicketAs(await caller(phone), title)
  const customer = await person(browser, { worker })
  await signInOverApi(customer, phone, `/tickets/${id}`)
  await customer.page.getByLabel("Write a message").waitFor()
  return { ...customer, id }
}

interface Entry {
  body: string
  attachments: { name: string; state: string }[]
}
const messages = async ({ context, id }: Awaited<ReturnType<typeof atTicket>>): Promise<Entry[]> =>
  ((await (await context.request.get(`/tickets/${id}/messages?after=1`)).json()) as { data: Entry[] }).data

const send = (page: Page, text: string) => page.getByLabel("Write a message").fill(text).then(() => page.getByLabel("Write a message").press("Control+Enter"))

test("14 a picture is pasted and a file dropped; what is not accepted is said", async () => {
  const customer = await atTicket("Files")
  const { page } = customer
  await give(page, "paste", [{ name: "image.png", type: "image/png", base64: picture }])
  await page.locator(".composer .file-preview").waitFor()
  await give(page, "dragover", [{ name: "a", type: "" }])
  await page.getByText("Drop files here").waitFor()
  await give(page, "drop", [{ name: "invoice.txt", type: "text/plain", base64: btoa("paid twice") }])
  await page.locator(".composer .file", { hasText: "invoice.txt" }).waitFor()
  await page.getByText("Drop files here").waitFor({ state: "detached" })

  await give(page, "drop", [{ name: "setup.exe", type: "application/x-msdownload" }])
  await page.getByText(`${isolated("setup.exe")}: this type of file is not accepted.`).waitFor()
  const { maxFileMiB } = JSON.parse((await page.locator("#settings").textContent())!) as { maxFileMiB: number }
  await give(page, "drop", [{ name: "film.mp4", type: "video/mp4", size: maxFileMiB * 2 ** 20 + 1 }])
  await page.getByText(`${isolated("film.mp4")} is larger than`).waitFor()
  await give(page, "drop", Array.from({ length: 9 }, (_, i) => ({ name: `${i}.txt`, type: "text/plain" })))
  await page.getByText("At most 10 files.").waitFor()
  expect(await page.locator(".composer .file").count()).toBe(10)
  for (let i = 0; i < 8; i++) await page.getByRole("button", { name: `Remove ${isolated(`${i}.txt`)}` }).click()

  await send(page, "Both files")
  await page.locator(".message[data-own]", { hasText: "Both files" }).getByRole("img", { name: "Sent", exact: true }).waitFor({ timeout: 60_000 })
  await page.locator(".message[data-own] .picture img").waitFor({ timeout: 60_000 })
  await page.getByRole("link", { name: /^invoice\.txt/ }).waitFor({ timeout: 60_000 })
  expect((await messages(customer)).map((entry) => entry.attachments.map(({ name, state }) => [name, state]))).toEqual([[["image.png", "ready"], ["invoice.txt", "ready"]]])
  expect(customer.faults).toEqual([])
})

test("14 an upload that is cut goes on by itself, also after a reload", async () => {
  const customer = await atTicket("Cut upload", { worker: false }) // whose requests could not be caught
  const { page, context } = customer
  let uploads = 0
  await context.route((url) => url.protocol.startsWith("http") && url.port !== new URL(apiUrl()).port, (route) => {
    if (route.request().method() !== "POST" || uploads > 1) return route.continue()
    return uploads++ === 0 ? route.abort("connectionreset") : undefined // the second one stands still
  })
  await give(page, "paste", [{ name: "image.png", type: "image/png", base64: picture }])
  await page.locator(".composer .file-preview").waitFor()
  await send(page, "With a picture")
  await expect.poll(() => uploads, { timeout: 60_000 }).toBe(2)
  await page.getByRole("img", { name: "Waits to be sent" }).waitFor()
  await page.reload()
  await page.locator(".message[data-own]", { hasText: "With a picture" }).getByRole("img", { name: "Sent", exact: true }).waitFor({ timeout: 60_000 })
  await page.locator(".message[data-own] .picture img").waitFor({ timeout: 60_000 })
  expect((await messages(customer)).map((entry) => [entry.body, entry.attachments.length])).toEqual([["With a picture", 1]])
})

test("14 a file that the check refuses is said, and the message can be sent without it", async () => {
  const customer = await atTicket("Refused file")
  const { page } = customer
  await give(page, "drop", [{ name: "photo.png", type: "image/png", base64: btoa("#!/bin/sh\nrm -rf /\n") }])
  await page.locator(".composer .file", { hasText: "photo.png" }).waitFor()
  await send(page, "Look at this")
  const problem = page.locator(".message[data-refused]", { hasText: "Look at this" })
  await problem.getByRole("alert").waitFor({ timeout: 60_000 })
  expect(await problem.getByRole("alert").textContent()).toContain("The attachment photo.png was refused.")
  await problem.getByRole("button", { name: "Edit" }).click()
  await problem.waitFor({ state: "detached" })
  expect(await page.getByLabel("Write a message").inputValue()).toBe("Look at this")
  await page.getByRole("button", { name: `Remove ${isolated("photo.png")}` }).click()
  await page.getByLabel("Write a message").press("Control+Enter")
  await page.locator(".message[data-own]", { hasText: "Look at this" }).getByRole("img", { name: "Sent", exact: true }).waitFor({ timeout: 60_000 })
  expect((await messages(customer)).map((entry) => [entry.body, entry.attachments.length])).toEqual([["Look at this", 0]])
  expect(customer.faults).toEqual([])
})
