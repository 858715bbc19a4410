import type { common as english } from "./en"
import { isolate, number, plural } from "./format"

const you = "شما"

/** A verb in the past tense, in the second person if the subject is the reader. */
const past = (who: string, verb: string) => (who === you ? `${verb}ید` : verb)

export const common: typeof english = {
  product: "پشتیبانی",
  skip: "پرش به محتوا",
  language: { label: "زبان", en: "English", fa: "فارسی" },
  theme: { label: "پوسته", system: "مانند دستگاه", light: "روشن", dark: "تیره" },
  nav: {
    label: "اصلی", tickets: "تیکت‌ها", notifications: "اعلان‌ها", profile: "نمایه", inbox: "صندوق", admin: "مدیریت",
    back: "بازگشت", signOut: "خروج", install: "نصب برنامه",
    unread: (n) => plural(n, { other: "# خوانده‌نشده" }),
  },
  actions: {
    save: "ذخیره", cancel: "انصراف", close: "بستن", retry: "تلاش دوباره", remove: "حذف", edit: "ویرایش", done: "انجام شد", more: "بیشتر", send: "فرستادن", reload: "بارگذاری دوباره",
    showMore: "نمایش بیشتر", undo: "برگرداندن",
  },
  state: {
    loading: "در حال بارگذاری", saved: "ذخیره شد", optional: "اختیاری",
    offline: "بدون اتصال", offlineWaiting: (n) => plural(n, { other: "بدون اتصال – # پیام در انتظار" }),
    newVersion: "نسخهٔ تازه آماده است", notFoundTitle: "وجود ندارد، یا از آنِ شما نیست", notFoundText: "نشانی نادرست است، یا از آنِ کس دیگری است.", home: "به آغاز",
    failedTitle: "انجام نشد", request: (id) => `درخواست ${isolate(id)}`,
  },
  errors: {
    network: "اتصال به سرور برقرار نیست. شبکه را بررسی کنید و دوباره تلاش کنید.",
    unknown: "خطایی در سمت ما رخ داد. کمی بعد دوباره تلاش کنید.",
    required: "این بخش را پر کنید.", tooShort: (n) => `دست‌کم ${number(n)} نویسه.`,
    tooLong: (rest, most) => `${plural(rest, { other: "# نویسه" })} بیش از حد مجاز است؛ حداکثر ${number(most)} نویسه.`,
  },
  role: { user: "مشتری", support: "پشتیبان", admin: "مدیر", system: "خودکار" },
  status: { new: "تازه", open: "باز", pending: "در انتظار مشتری", on_hold: "معلق", resolved: "حل‌شده", closed: "بسته" },
  statusForCustomer: { new: "دریافت شد", open: "در دست بررسی", pending: "در انتظار شما", on_hold: "در دست بررسی", resolved: "حل‌شده", closed: "بسته" },
  priority: { low: "کم", medium: "معمولی", high: "زیاد", urgent: "فوری", label: "اولویت" },
  account: {
    signIn: "ورود", signUp: "ساخت حساب", reset: "گذرواژهٔ تازه", signInTitle: "ورود به پشتیبانی", signUpTitle: "حساب خود را بسازید", resetTitle: "گذرواژهٔ تازه",
    phone: "شمارهٔ همراه", password: "گذرواژه", newPassword: "گذرواژهٔ تازه", name: "نام شما", code: "کد",
    withPassword: "با گذرواژه", withCode: "با کد پیامکی", sendCode: "فرستادن کد", codeSent: (phone) => `کدی به ${isolate(phone)} فرستادیم.`, otherPhone: "شمارهٔ دیگر",
    resendIn: (seconds) => plural(seconds, { other: "کد تازه تا # ثانیهٔ دیگر" }), resend: "فرستادن کد تازه",
    noAccount: "تازه آمده‌اید؟", haveAccount: "حساب دارید؟", forgot: "گذرواژه را فراموش کرده‌اید؟", show: "نمایش گذرواژه", hide: "پنهان کردن گذرواژه",
    secondFactor: "حساب شما کد هم می‌خواهد. آن را پیامک کردیم.", secondPassword: "حساب شما گذرواژه هم می‌خواهد.", resetDone: "گذرواژهٔ تازه ثبت شد. با آن وارد شوید.",
    endedTitle: "نشست شما پایان یافته است", endedText: "دوباره وارد شوید. آنچه نوشته‌اید هنوز این‌جاست.",
    signOutTitle: "خروج پیش از فرستادن؟", signOutText: (n) => plural(n, { other: "# پیام یا پیش‌نویس هنوز فرستاده نشده است. اگر اکنون خارج شوید از این دستگاه پاک می‌شود." }),
    tagline: "بپرسید، پیگیری کنید، و همهٔ پاسخ‌ها را یک‌جا بخوانید.",
  },
  tickets: {
    title: "تیکت‌های من", new: "تیکت تازه", search: "جست‌وجو", searchLabel: "جست‌وجو در تیکت‌های شما", filter: "نمایش", all: "همه", active: "باز", solved: "حل‌شده و بسته",
    emptyTitle: "هنوز تیکتی نیست", emptyText: "هر چه می‌خواهید بپرسید: نخستین تیکت خود را باز کنید.", noneHere: "این‌جا تیکتی نیست", showAll: "نمایش همهٔ تیکت‌ها", noneFound: "چیزی پیدا نشد", noneFoundText: "واژه‌های دیگر یا کمتر را بیازمایید.",
    unread: (n) => plural(n, { other: "# پیام تازه" }),
    offlineNew: "در انتظار اتصال",
  },
  newTicket: {
    title: "تیکت تازه", category: "دربارهٔ چیست؟", subject: "موضوع", subjectHint: "در چند واژه", text: "پیام شما", textHint: "چه رخ داد و چه انتظاری داشتید؟", files: "افزودن فایل", drop: "فایل‌ها را این‌جا رها کنید",
    priority: "اولویت", more: "بیشتر", send: "باز کردن تیکت", draftKept: "پیش‌نویس شما روی این دستگاه می‌ماند.", followUp: (of) => (of ? `ادامهٔ تیکت ${isolate(of)}` : "ادامهٔ تیکتی پیشین"), endFollowUp: "ادامهٔ آن نیست",
  },
  ticket: {
    log: "گفت‌وگو", write: "پیام خود را بنویسید", you, support: "پشتیبانی", unknownAuthor: "کاربر حذف‌شده", newMessages: (n) => plural(n, { other: "# پیام تازه" }),
    newLine: "تازه", typing: (name) => `${isolate(name)} می‌نویسد…`, several: "چند نفر می‌نویسند…", latest: "به تازه‌ترین پیام",
    details: "جزئیات", number: "تیکت", opened: "باز شده", category: "دسته", assignee: "پیگیری با", close: "بستن تیکت", reopen: "باز کردن دوباره", closeTitle: "این تیکت بسته شود؟", closeText: (days) => `تا ${plural(days, { other: "# روز" })} می‌توانید آن را دوباره باز کنید.`,
    editTitle: "تغییر موضوع", print: "چاپ", followUp: "تیکت تازه با همین متن", followUpEmpty: "ادامه در تیکت تازه", continues: (of) => `ادامهٔ ${isolate(of)}`, continuedBy: (of) => `ادامه در ${isolate(of)}`,
    closedHint: "این تیکت بسته است. یک پیام آن را دوباره باز می‌کند.", closedLong: "این تیکت مدتی پیش بسته شد و پیام تازه نمی‌پذیرد.", resolvedHint: "حل شد؟ پس کاری لازم نیست. یک پیام تیکت را دوباره باز می‌کند.",
    marks: { waiting: "در انتظار فرستادن", sent: "فرستاده شد", read: "خوانده شد", refused: "فرستاده نشد" }, refused: "این پیام فرستاده نشد.", editAgain: "ویرایش", sendAgain: "فرستادن دوباره", gone: "این تیکت حذف شد.",
    system: {
      status: (who, to) => `${isolate(who)} وضعیت را «${isolate(to)}» ${past(who, "کرد")}`, statusAuto: (to) => `وضعیت اکنون «${isolate(to)}» است`,
      assigned: (who, to) => `${isolate(who)} تیکت را به ${isolate(to)} ${past(who, "سپرد")}`, taken: (who) => `${isolate(who)} تیکت را ${past(who, "برداشت")}`, released: (who) => `${isolate(who)} تیکت را رها ${past(who, "کرد")}`,
      priority: (who, to) => `${isolate(who)} اولویت را «${isolate(to)}» ${past(who, "کرد")}`, category: (who, to) => `${isolate(who)} تیکت را به «${isolate(to)}» ${past(who, "برد")}`, title: (who, to) => `${isolate(who)} موضوع را «${isolate(to)}» ${past(who, "کرد")}`,
      tags: (who, to) => `${isolate(who)} برچسب‌ها را ${past(who, "گذاشت")}: ${isolate(to)}`, noTags: (who) => `${isolate(who)} برچسب‌ها را ${past(who, "برداشت")}`, follow_up: (who) => `${isolate(who)} این را در تیکت تازه‌ای ادامه ${past(who, "داد")}`, unlinked: "یک تیکت پیوندخورده حذف شد", other: (who) => `${isolate(who)} تیکت را تغییر ${past(who, "داد")}`,
    },
    note: "یادداشت",
  },
  files: {
    add: "افزودن فایل", remove: (name) => `حذف ${isolate(name)}`, tooLarge: (name, limit) => `${isolate(name)} از ${isolate(limit)} بزرگ‌تر است.`, tooMany: (n) => `حداکثر ${number(n)} فایل.`, wrongType: (name) => `${isolate(name)}: این نوع فایل پذیرفته نمی‌شود.`,
    pending: "در حال بررسی…", refused: "بررسی آن را رد کرد", expired: "دیگر وجود ندارد", open: (name) => `باز کردن ${isolate(name)}`, uploading: "در حال بارگذاری",
  },
  notifications: {
    title: "اعلان‌ها", readAll: "همه خوانده شد", emptyTitle: "چیز تازه‌ای نیست", emptyText: "پاسخ‌های تیکت‌های شما این‌جا می‌آید.", unread: "خوانده‌نشده",
  },
}
