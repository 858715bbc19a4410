import type { admin as english } from "./admin.en"
import { isolate, number, plural } from "./format"

export const admin: typeof english = {
  title: "مدیریت", name: "نام",
  areas: { dashboard: "داشبورد", users: "کاربران", categories: "دسته‌ها", broadcasts: "پیام همگانی", activity: "فعالیت", audit: "ممیزی", health: "سلامت" },
  nothing: "هنوز چیزی نیست",
  range: "بازه", days: (n) => plural(n, { other: "# روز" }), perDay: "در هر روز", asTable: "به صورت جدول", day: "روز",
  created: "باز شده", resolved: "حل‌شده", closed: "بسته", reopened: "دوباره باز شده", replies: "پاسخ‌ها", firstResponse: "نخستین پاسخ", resolution: "زمان حل", openSockets: "اتصال‌های باز", slowest: (time) => `۹۰٪ تا ${time}`,
  backlog: "اکنون در انتظار", status: "وضعیت", tickets: "تیکت‌ها", age: "عمر", ages: { lt1d: "کمتر از یک روز", d1to3: "۱ تا ۳ روز", d3to7: "۳ تا ۷ روز", gt7d: "بیشتر" }, byAgent: "به تفکیک پشتیبان", byCategory: "به تفکیک دسته",
  role: "نقش", newUser: "کاربر تازه", newUserHint: "بدون آن کاربر با کد پیامکی وارد می‌شود. جایی که کارکنان با هر دو وارد می‌شوند به آن نیاز دارند.", passwordHint: "جای گذرواژهٔ پیشین را می‌گیرد و کاربر از همه‌جا خارج می‌شود.", userSearchHint: "نام، شماره یا ایمیل", noName: "بی‌نام", disabled: "غیرفعال", neverSeen: "هرگز وارد نشده",
  since: (time) => `از ${time}`, disable: "غیرفعال: نمی‌تواند وارد شود", removeUser: "حذف کاربر", removeText: "کاربر، تیکت‌ها و فایل‌هایش برای همیشه پاک می‌شوند. آنچه در تیکت‌های دیگران نوشته بی‌نام می‌شود.", typeNumber: "برای تأیید شماره را بنویسید", userRemoved: "کاربر حذف شد.",
  newCategory: "دستهٔ تازه", description: "توضیح", inactive: "غیرفعال", activeCategory: "فعال: مشتریان می‌توانند برگزینند", position: "جایگاه در فهرست", first: "نخست", after: (name) => `پس از «${isolate(name)}»`, removeCategory: "حذف دسته", removeCategoryText: "تیکت‌های موجود نامش را نگه می‌دارند. تیکت‌های تازه دیگر نمی‌توانند آن را داشته باشند.",
  newBroadcast: "پیام همگانی تازه", noBroadcasts: "هنوز پیام همگانی نیست", broadcastTitle: "عنوان", broadcastBody: "متن", audience: "به", channelsLabel: "از راه", chooseOne: "دست‌کم یکی را برگزینید.", channels: { app: "درون برنامه", email: "ایمیل", sms: "پیامک", push: "اعلان دستگاه" },
  otherLanguage: "اختیاری. بدون آن همه متن بالا را می‌گیرند.", smsLength: (parts) => `${parts} پیامک برای هر نفر`, review: "بازبینی", sendNow: "هم‌اکنون بفرست", sureText: (total, complete) => `به ${number(total)}${complete ? "" : "+"} نفر؟ آنچه فرستاده شود بازگشت ندارد.`,
  stopSending: "توقف ارسال", recipients: (n) => plural(n, { other: "# گیرنده" }), delivered: (sent, failed, skipped) => `${number(sent)} فرستاده، ${number(failed)} ناموفق، ${number(skipped)} نادیده‌گرفته`,
  broadcastStates: { queued: "در صف", sending: "در حال فرستادن", done: "انجام شد", cancelled: "لغو شد" },
  entryKinds: { opened: "تیکتی باز کرد", message: "پیامی نوشت", note: "یادداشتی نوشت", status: "وضعیت را تغییر داد", assignment: "تیکتی را سپرد", priority: "اولویت را تغییر داد", category: "دسته را تغییر داد", title: "موضوع را تغییر داد", tags: "برچسب‌ها را تغییر داد", follow_up: "در تیکتی تازه پی گرفت", unlinked: "پیوند به تیکتی حذف‌شده را برداشت" },
  action: "کار", changed: "تغییر کرد", yesNo: (yes) => (yes ? "آری" : "نه"),
  fields: { phone: "شماره", role: "نقش", name: "نام", email: "ایمیل", disabled: "غیرفعال", names: "نام‌ها", descriptions: "توضیح‌ها", active: "فعال", order: "ترتیب", title: "عنوان", number: "تیکت", customerId: "مشتری", status: "وضعیت", password: "گذرواژه" },
  actions: {
    "user.created": "کاربری ساخت", "user.changed": "کاربری را تغییر داد", "user.removed": "کاربری را حذف کرد", "category.created": "دسته‌ای ساخت", "category.changed": "دسته‌ای را تغییر داد", "category.removed": "دسته‌ای را حذف کرد",
    "ticket.removed": "تیکتی را حذف کرد", "suppression.removed": "نشانی‌ای را دوباره مجاز کرد", "delivery.retried": "پیامی را دوباره فرستاد", "broadcast.started": "پیام همگانی فرستاد", "broadcast.cancelled": "پیام همگانی را لغو کرد",
  },
  deliveryReasons: { provider: "ارائه‌دهنده نپذیرفت", spend_limit: "سقف روزانهٔ پیامک پر شد" },
  failedTitle: "پیام‌های ناموفق", failedText: "پیام‌هایی که ارائه‌دهنده نپذیرفته است. پس از رفع علت دوباره بیازمایید.", noFailed: "پیام ناموفقی نیست", attempts: (n) => plural(n, { other: "# تلاش" }), retried: "دوباره فرستاده می‌شود.",
  checks: {
    table: "جدول", bucket: "فایل‌ها", "stream-project": "فهرست‌ها، آمار، اعلان‌ها", "stream-deliver": "پیام‌های زنده، ایمیل و پیامک",
    codes: "صف کدها", deliveries: "صف پیام‌ها", broadcasts: "صف پیام‌های همگانی", exports: "صف دریافت داده‌ها", "search-index": "صف جست‌وجو",
    "stream-failures": "تغییرهای ناموفق", "attachment-failures": "بررسی‌های ناموفق فایل‌ها", "delivery-failures": "پیام‌های ناموفق", "search-failures": "به‌روزرسانی‌های ناموفق جست‌وجو",
  },
  healthStates: { ok: "سالم", degraded: "دچار اختلال", down: "از کار افتاده" }, ms: "میلی‌ثانیه", version: "نسخه", failedDeliveries: (n) => plural(n, { other: "# ارسال ناموفق" }),
  suppressions: "نشانی‌های بی‌ایمیل", suppressionsText: "ایمیل به آن‌ها برگشت خورده یا هرزنامه شمرده شده است. برای تلاش دوباره یکی را بردارید.", noSuppressions: "نشانی‌ای نیست", reasons: { bounce: "برگشت خورد", complaint: "هرزنامه شمرده شد" },
}
