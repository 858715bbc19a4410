/** Which alerts make a sound on this device. */
export type Sound = "off" | "mine" | "all"

const soundKey = "sound"
const pushKey = "push"

export const sound = (): Sound => (localStorage.getItem(soundKey) as Sound | null) ?? "mine"
export const setSound = (to: Sound): void => localStorage.setItem(soundKey, to)

/** The id of the user who has switched on system notifications on this device. */
export const pushChosen = (): string | null => localStorage.getItem(pushKey)
export const choosePush = (userId: string | null): void => (userId ? localStorage.setItem(pushKey, userId) : localStorage.removeItem(pushKey))
