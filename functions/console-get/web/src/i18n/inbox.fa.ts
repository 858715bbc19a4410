import type { inbox as english } from "./inbox.en"
import { isolate, number, plural } from "./format"

export const inbox: typeof english = {
  queuesLabel: "صف‌ها",
  queues: { mine: "تیکت‌های من", unassigned: "بی‌مسئول", open: "باز", all: "همهٔ تیکت‌ها" },
  byStatus: "وضعیت",
  unassigned: "بی‌مسئول",
  searchLabel: "جست‌وجوی تیکت‌ها",
  newRows: (n) => plural(n, { other: "# مورد تازه" }),
  emptyTitle: "همه انجام شد", emptyText: "تیکتی در این صف نیست. تیکت‌های تازه خودشان پدیدار می‌شوند.",
  chooseTitle: "تیکتی باز نیست", chooseText: "یکی را از فهرست برگزینید.",
  needsConnection: "این کار اتصال می‌خواهد. پس از برقراری آن دوباره بیازمایید.",
  notResolved: "پیام فرستاده نشده است؛ پس وضعیت تغییر نکرد.",
  statusSet: (number, status) => `تیکت ${isolate(number)} اکنون «${isolate(status)}» است`,
  conflictTitle: (who, field) => `${isolate(who)} زودتر بود: ${isolate(field)}`, conflictDeleteTitle: (who) => `${isolate(who)} در این میان این تیکت را تغییر داده است`, conflictNow: "اکنون", conflictMine: "خواست شما", conflictKeep: "همین بماند", conflictInsist: "ثبت خواست من",
  chosen: "برگزیده", nothingFound: "چیزی پیدا نشد",
  assignTo: "سپردن به", assignMe: "خودم", release: "هیچ‌کس", take: "برداشتن", resolve: "حل شد", setStatus: "تعیین وضعیت",
  online: "برخط", away: "نابرخط", activeTickets: (n) => plural(n, { other: "# تیکت فعال" }),
  tags: "برچسب‌ها", noTags: "بی‌برچسب", tagsFull: (most) => `هر تیکت حداکثر ${number(most)} برچسب می‌پذیرد؛ برای برداشتن، یکی را برگزینید.`, continues: "ادامهٔ", palette: "یافتن تیکت یا فرمان", searchFor: (text) => `جست‌وجوی «${isolate(text)}» در همهٔ تیکت‌ها`,
  customerTickets: (open, all) => `${plural(open, { other: "# تیکت باز" })} از ${plural(all, { other: "#" })}`,
  alsoHere: (name) => `${isolate(name)} هم این‌جاست`, severalHere: (n) => `${n} همکار هم این‌جایند`,
  modeLabel: "نوع پیام", writeReply: (name) => `پاسخ به ${isolate(name)}`, writeNote: "یادداشت برای همکاران", addNote: "افزودن یادداشت",
  deleteTicket: "حذف تیکت", deleteTitle: "این تیکت حذف شود؟", deleteText: "پیام‌ها و فایل‌های آن برای همه پاک می‌شود و بازگشت ندارد.",
  details: "مشتری و جزئیات", openTicket: "تیکت تازه برای این مشتری", openFor: (name) => `تیکت تازه برای ${isolate(name)}`, restKept: "تیکت پیش‌تر باز شده بود. آنچه پس از آن افزوده‌اید در پاسخ است.",
  keysTitle: "میان‌برهای صفحه‌کلید", keysOn: "کلیدهای تکی میان‌بر باشند",
  commands: {
    down: "سطر بعد", up: "سطر پیش", open: "باز کردن سطر", previous: "تیکت پیش", next: "تیکت بعد", search: "جست‌وجو", palette: "یافتن همه‌چیز", reply: "پاسخ", note: "نوشتن یادداشت",
    take: "برداشتن تیکت", assign: "سپردن", status: "وضعیت", priority: "اولویت", category: "دسته", tags: "برچسب‌ها", resolve: "حل‌شده", close: "بستن تیکت", goTo: (name) => `رفتن به ${isolate(name)}`,
  },
}
