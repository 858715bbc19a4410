export function record(check: string, name: string, value: string, target: string, pass: boolean, note?: string): void
export function timeLeft(): boolean
