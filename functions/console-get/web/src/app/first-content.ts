import { queryClient } from "../api/query"

const longestWait = 2_000

/** Waits until the first screen shows what it has asked for; not for long, and not for the frames of a hidden page. */
export const firstContent = (): Promise<unknown> =>
  Promise.race([painted().then(answered).then(painted), new Promise((resolve) => setTimeout(resolve, longestWait))])

/** The next frame is drawn, and the effects of its components have run. */
const painted = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)))

const answered = () =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (queryClient.isFetching() > 0) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = queryClient.getQueryCache().subscribe(look)
    look()
  })
