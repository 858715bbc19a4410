import { ApiError } from "../api/problem"
import { queryClient } from "../api/query"
import { t } from "../i18n"
import { Button } from "./controls"
import { toastError } from "./toast"

/** What useInfiniteQuery returns, as far as it is needed for another page. */
interface Pages {
  isFetchingNextPage: boolean
  fetchNextPage: () => Promise<{ error: unknown }>
}

/** Fetches the next page of a list. A list that was open for longer than its cursors are valid, a day, is fetched from its start. */
export async function fetchMore({ fetchNextPage }: Pages, queryKey: readonly unknown[]): Promise<void> {
  const { error } = await fetchNextPage()
  if (error instanceof ApiError && error.code === "bad_cursor") await queryClient.resetQueries({ queryKey, exact: true })
  else if (error) toastError(error)
}

/** The button below a list that has more pages. */
export const ShowMore = ({ pages, queryKey }: { pages: Pages; queryKey: readonly unknown[] }) => (
  <Button kind="quiet" wide busy={pages.isFetchingNextPage} onClick={() => void fetchMore(pages, queryKey)}>{t().actions.showMore}</Button>
)
