export interface Page<T> {
  data: T[]
  page: { hasMore: boolean; next?: string | null | undefined }
}

/** The parameter of a page that follows another one. */
export interface Cursor {
  cursor?: string
}

/** The rows of all pages of a list that is shown as a whole. */
export async function allPages<T>(fetchPage: (cursor: Cursor) => Promise<Page<T>>): Promise<T[]> {
  const rows: T[] = []
  for (let cursor: Cursor | null = {}; cursor; ) {
    const { data, page }: Page<T> = await fetchPage(cursor)
    rows.push(...data)
    cursor = page.next ? { cursor: page.next } : null
  }
  return rows
}
