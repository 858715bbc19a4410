import { type QueryKey, useInfiniteQuery } from "@tanstack/preact-query"
import type { ComponentChildren } from "preact"
import type { Cursor, Page } from "../../api/pages"
import { ShowMore } from "../../ui/show-more"
import { Empty, Failure, isSearchProblem, NoneFound, SkeletonRows } from "../../ui/states"

/** A list of the API, page after page. */
export function usePages<T>(queryKey: QueryKey, fetchPage: (cursor: Cursor) => Promise<Page<T>>) {
  const query = useInfiniteQuery({
    queryKey,
    initialPageParam: "",
    queryFn: ({ pageParam }) => fetchPage(pageParam ? { cursor: pageParam } : {}),
    getNextPageParam: (last) => last.page.next || undefined,
  })
  return { ...query, queryKey, items: query.data?.pages.flatMap((page) => page.data) ?? [] }
}

interface PagesProps<T> {
  result: ReturnType<typeof usePages<T>>
  empty: string
  children: (items: T[]) => ComponentChildren
}

/** Every state of a list: first load, error, empty, rows, more. */
export function Pages<T>({ result, empty, children }: PagesProps<T>) {
  const { data, error, items, hasNextPage, queryKey, refetch } = result
  if (isSearchProblem(error)) return <NoneFound />
  if (!data) return error ? <Failure error={error} onRetry={() => void refetch()} /> : <SkeletonRows />
  if (items.length === 0 && !hasNextPage) return <Empty title={empty} />
  return (
    <>
      {children(items)}
      {hasNextPage && <ShowMore pages={result} queryKey={queryKey} />}
    </>
  )
}
