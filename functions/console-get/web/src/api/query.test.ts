import { QueryObserver } from "@tanstack/preact-query"
import { expect, test } from "vitest"
import { queryClient, refresh } from "./query"

test("what changes while a query is fetched for the first time is fetched after it, once", async () => {
  const answers: ((value: number) => void)[] = []
  const observer = new QueryObserver(queryClient, { queryKey: ["numbers", "unread"], queryFn: () => new Promise<number>((resolve) => answers.push(resolve)) })
  const end = observer.subscribe(() => {})
  expect(answers).toHaveLength(1)
  refresh(["numbers"]) // the server has counted before this
  refresh(["numbers"])
  answers[0]!(0)
  await expect.poll(() => answers.length).toBe(2)
  answers[1]!(1)
  await expect.poll(() => observer.getCurrentResult().data).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(answers).toHaveLength(2)

  refresh(["numbers"])
  expect(answers).toHaveLength(3)
  answers[2]!(2)
  await expect.poll(() => observer.getCurrentResult().data).toBe(2)
  end()
  queryClient.clear()
})
