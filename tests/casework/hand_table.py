"""Due instants worked out by hand over the official calendars of 2022 to 2026; slots 08–12 and 14–18.

How to read a reason: what each worked day gives, and the sum so far in brackets, until the limit is reached.
"make-up" is a Saturday or Sunday worked instead of a bridge day (调休).
"""

from __future__ import annotations

from streetchief.casework.deadlines import Unit

UH, H, D, UD = Unit.URGENT_HOUR, Unit.WORK_HOUR, Unit.WORK_DAY, Unit.URGENT_DAY

# start (city time), amount, unit, due (city time), reason
PLAIN = [
    # 2022: Spring Festival 31 Jan–6 Feb, make-up Sat 29 and Sun 30 Jan
    ("2022-01-28 17:00", "2", H, "2022-01-29 09:00", "Fri 1; Sat make-up 1"),
    ("2022-01-30 16:00", "4", H, "2022-02-07 10:00", "Sun make-up 2; holiday; Mon 7 Feb 2"),
    ("2022-01-30 17:00", "1", D, "2022-02-07 17:00", "Sun make-up 1; holiday; Mon 7: 4 + 3 = 7"),
    ("2022-02-01 10:00", "1", D, "2022-02-07 18:00", "starts in the holiday: Mon 7 whole; ends at the slot's end"),
    ("2022-02-01 10:00", "2", UH, "2022-02-01 12:00", "the clock knows no holiday"),
    ("2022-01-31 23:00", "2", UH, "2022-02-01 01:00", "nor a night"),
    ("2022-01-28 09:00", "2", UD, "2022-01-30 09:00", "Fri to Sun"),
    # Qingming 3–5 Apr, make-up Sat 2 Apr; Labour Day 30 Apr–4 May, make-up Sun 24 Apr and Sat 7 May
    ("2022-04-01 15:00", "2", D, "2022-04-06 15:00", "Fri 3; Sat make-up 8 (11); holiday; Wed 5"),
    ("2022-04-24 07:00", "4", H, "2022-04-24 12:00", "a make-up Sunday starts at 08"),
    ("2022-04-29 16:00", "5", D, "2022-05-10 16:00", "Fri 2; Thu 5 (10); Fri 6 (18); Sat 7 make-up (26); Mon 9 (34); Tue 6"),
    ("2022-06-02 18:00", "2", H, "2022-06-06 10:00", "18:00 is over; Dragon Boat Fri 3–Sun 5; Mon 2"),
    ("2022-09-09 11:00", "1", D, "2022-09-13 11:00", "Fri 1 + 4; Mid-Autumn Sat 10–Mon 12; Tue 3"),
    # National Day 1–7 Oct, make-up Sat 8 and Sun 9 Oct
    ("2022-09-30 17:30", "1", D, "2022-10-08 17:30", "Fri ½; holiday; Sat make-up 4 + 3½"),
    ("2022-09-30 14:00", "3", D, "2022-10-10 12:00", "Fri 4; Sat 8 (12); Sun 9 (20); Mon 4: the end of the morning stays"),
    ("2022-12-30 17:00", "2", H, "2023-01-03 09:00", "Fri 1; New Year Sat 31 Dec–Mon 2 Jan; Tue 1"),
    # 2023: Spring Festival 21–27 Jan, make-up Sat 28 and Sun 29
    ("2023-01-20 13:00", "4", H, "2023-01-20 18:00", "starts at lunch: the whole afternoon"),
    ("2023-01-20 15:00", "4", H, "2023-01-28 09:00", "Fri 3; holiday; Sat make-up 1"),
    ("2023-01-20 15:00", "3", D, "2023-01-30 15:00", "Fri 3; Sat (11); Sun (19); Mon 5"),
    ("2023-01-20 15:00", "2", UD, "2023-01-22 15:00", "calendar days run through New Year's Day"),
    ("2023-04-04 16:00", "1", D, "2023-04-06 16:00", "Tue 2; Qingming Wed; Thu 6"),
    ("2023-04-22 10:00", "2", H, "2023-04-23 10:00", "a free Saturday; Sun make-up 2"),
    ("2023-04-28 10:00", "2", D, "2023-05-05 10:00", "Fri 2 + 4; 29 Apr–3 May; Thu 8 (14); Fri 2"),
    ("2023-05-05 17:00", "1", D, "2023-05-06 17:00", "Fri 1; Sat make-up 7"),
    ("2023-06-21 17:00", "2", D, "2023-06-26 17:00", "Wed 1; Dragon Boat Thu–Sat; Sun 25 make-up (9); Mon 7"),
    # Mid-Autumn and National Day 29 Sep–6 Oct, make-up Sat 7 and Sun 8 Oct
    ("2023-09-28 17:00", "4", H, "2023-10-07 11:00", "Thu 1; eight days off; Sat make-up 3"),
    ("2023-09-28 09:00", "5", D, "2023-10-11 09:00", "Thu 7; Sat 7 (15); Sun 8 (23); Mon (31); Tue (39); Wed 1"),
    ("2023-12-29 18:00", "1", D, "2024-01-02 18:00", "18:00 is over; 30 Dec–1 Jan; Tue whole"),
    # 2024: Spring Festival 10–17 Feb, make-up Sun 4 and Sun 18; the Eve (Fri 9) is no statutory holiday
    ("2024-02-02 14:00", "1", D, "2024-02-04 12:00", "Fri 4; Sat free; Sun make-up 4"),
    ("2024-02-03 09:00", "1", H, "2024-02-04 09:00", "a free Saturday before a make-up Sunday"),
    ("2024-02-09 17:00", "2", H, "2024-02-18 09:00", "the Eve 1; holiday; Sun 18 make-up 1"),
    ("2024-02-09 09:00", "5", D, "2024-02-22 09:00", "Eve 7; Sun 18 (15); Mon (23); Tue (31); Wed (39); Thu 1"),
    ("2024-02-28 15:00", "2", D, "2024-03-01 15:00", "Wed 3; Thu 29 Feb (11); Fri 5"),
    ("2024-02-28 10:00", "2", UD, "2024-03-01 10:00", "29 February is a day"),
    ("2024-04-03 17:00", "2", D, "2024-04-08 17:00", "Wed 1; Qingming Thu–Sat; Sun 7 make-up (9); Mon 7"),
    ("2024-04-27 12:00", "1", D, "2024-04-28 18:00", "a free Saturday; Sun make-up whole"),
    ("2024-04-30 16:00", "4", H, "2024-05-06 10:00", "Tue 2; 1–5 May; Mon 2"),
    ("2024-05-10 14:00", "10", D, "2024-05-23 12:00", "Fri 4; Sat 11 make-up (12); 13–17 (52); Mon (60); Tue (68); Wed (76); Thu 4"),
    ("2024-06-07 15:00", "1", D, "2024-06-11 15:00", "Fri 3; Dragon Boat Mon; Tue 5"),
    ("2024-09-13 10:00", "2", D, "2024-09-18 10:00", "Fri 6; Sat 14 make-up (14); Mid-Autumn Sun–Tue; Wed 2"),
    ("2024-09-27 14:30", "3", D, "2024-10-08 14:30", "Fri 3½; Sun 29 make-up (11½); Mon (19½); 1–7 Oct; Tue 4 + ½"),
    ("2024-10-11 17:59", "2", H, "2024-10-12 09:59", "Fri one minute; Sat make-up 1:59"),
    ("2024-10-13 20:00", "1", D, "2024-10-14 18:00", "the Sunday after a make-up Saturday is free; Mon whole"),
    # 2025: Spring Festival 28 Jan–4 Feb, make-up Sun 26 Jan and Sat 8 Feb
    ("2024-12-31 17:00", "2", H, "2025-01-02 09:00", "Tue 1; New Year Wed; Thu 1"),
    ("2025-01-24 16:00", "2", D, "2025-01-27 16:00", "Fri 2; Sat free; Sun make-up (10); Mon 6"),
    ("2025-01-27 14:00", "1", D, "2025-02-05 12:00", "Mon 4; holiday; Wed 4"),
    ("2025-01-28 08:00", "4", H, "2025-02-05 12:00", "starts on New Year's Eve, a holiday since 2025: Wed 4"),
    ("2025-02-07 12:00", "1", D, "2025-02-08 12:00", "Fri afternoon 4; Sat make-up 4"),
    ("2025-04-03 18:00", "5", D, "2025-04-11 18:00", "18:00 is over; Qingming Fri–Sun; Mon 7 to Fri 11 whole"),
    ("2025-04-26 00:00", "2", H, "2025-04-27 10:00", "a free Saturday; Sun make-up 2"),
    ("2025-04-30 08:00", "2", D, "2025-05-06 18:00", "Wed whole; 1–5 May; Tue whole"),
    ("2025-05-30 17:00", "2", H, "2025-06-03 09:00", "Fri 1; Dragon Boat Sat–Mon; Tue 1"),
    # National Day and Mid-Autumn 1–8 Oct, make-up Sun 28 Sep and Sat 11 Oct
    ("2025-09-26 17:00", "3", D, "2025-09-30 17:00", "Fri 1; Sun 28 make-up (9); Mon (17); Tue 7"),
    ("2025-09-30 17:00", "3", D, "2025-10-11 17:00", "Tue 1; eight days off; Thu (9); Fri (17); Sat make-up 7"),
    ("2025-10-01 00:00", "1", UD, "2025-10-02 00:00", "midnight to midnight"),
    ("2025-10-12 10:00", "1", H, "2025-10-13 09:00", "the Sunday after a make-up Saturday is free"),
    # 2026: New Year 1–3 Jan, make-up Sun 4 Jan; Spring Festival 15–23 Feb, make-up Sat 14 and Sat 28 Feb
    ("2025-12-31 16:00", "2", D, "2026-01-05 16:00", "Wed 2; Thu–Sat off; Sun make-up (10); Mon 6"),
    ("2026-02-13 17:00", "2", D, "2026-02-24 17:00", "Fri 1; Sat make-up (9); nine days off; Tue 7"),
    ("2026-02-14 18:00", "2", H, "2026-02-24 10:00", "18:00 of a make-up Saturday is over; Tue 2"),
    ("2026-02-27 14:00", "2", D, "2026-03-02 12:00", "Fri 4; Sat make-up (12); Mon 4"),
    ("2026-04-03 15:30", "1", D, "2026-04-07 15:30", "Fri 2½; Qingming Sat–Mon; Tue 4 + 1½"),
    ("2026-04-30 17:00", "15", D, "2026-05-25 17:00", "Thu 1; 1–5 May; 6–8 (25); Sat 9 make-up (33); 11–15 (73); 18–22 (113); Mon 7"),
    ("2026-06-18 12:00", "1", D, "2026-06-22 12:00", "Thu afternoon 4; Dragon Boat Fri–Sun; Mon 4"),
    ("2026-09-18 16:00", "2", D, "2026-09-21 16:00", "Fri 2; Sat free; Sun 20 make-up (10); Mon 6"),
    ("2026-09-24 17:00", "1", D, "2026-09-28 17:00", "Thu 1; Mid-Autumn Fri–Sun; Mon 7"),
    ("2026-09-30 17:00", "5", D, "2026-10-13 17:00", "Wed 1; 1–7 Oct; Thu (9); Fri (17); Sat make-up (25); Mon (33); Tue 7"),
    ("2026-10-03 15:00", "0.5", UH, "2026-10-03 15:30", "half an hour of the clock"),
    ("2026-10-09 13:59", "7", D, "2026-10-19 12:00", "Fri afternoon 4; Sat make-up (12); 12–16 (52); Mon 4"),
    ("2026-10-10 08:00", "0.5", H, "2026-10-10 08:30", "a make-up Saturday"),
    ("2026-11-24 11:59", "1", UH, "2026-11-24 12:59", "the clock knows no lunch"),
    ("2026-11-24 11:59", "1", H, "2026-11-24 14:59", "one minute, lunch, 59 minutes"),
]  # fmt: skip

# start, amount, unit, pauses, extensions, due, reason
STOPPED = [
    ("2026-09-28 09:00", "1", D, [("2026-09-28 11:00", "2026-10-09 15:00")], 0, "2026-10-10 11:00",
     "Mon 2; paused over the holiday; Fri 3 (5); Sat make-up 3"),
    ("2026-09-30 16:00", "4", H, [("2026-10-02 00:00", "2026-10-05 00:00")], 0, "2026-10-08 10:00",
     "Wed 2; paused while nothing ran anyway; Thu 2"),
    ("2025-03-03 17:00", "2", H, [("2025-03-03 19:00", "2025-03-04 07:00")], 0, "2025-03-04 09:00",
     "Mon 1; a pause of one night takes nothing; Tue 1"),
    ("2025-03-03 08:00", "1", D, [("2025-03-03 09:00", "2025-03-03 10:00"), ("2025-03-03 15:00", "2025-03-04 16:30")], 0,
     "2025-03-05 10:30", "Mon 1, then 10–12 and 14–15 (4); Tue 1½ (5½); Wed 2½"),
    ("2025-03-03 08:00", "2", H, [("2025-03-03 11:00", "2025-03-03 12:00")], 0, "2025-03-03 10:00",
     "run out before the pause"),
    ("2025-03-03 08:00", "4", H, [("2025-03-03 12:00", "2025-03-03 16:00")], 0, "2025-03-03 12:00",
     "run out at the instant of the pause"),
    ("2025-03-03 08:00", "1", D, [], 1, "2025-03-04 18:00", "16 hours"),
    ("2025-09-22 08:00", "5", D, [], 2, "2025-10-16 18:00",
     "120 hours: 22–26 (40); Sun 28 (48); Mon (56); Tue (64); 9, 10 Oct (80); Sat 11 (88); 13–16 (120)"),
    ("2026-02-16 22:00", "2", UH, [("2026-02-16 23:00", "2026-02-18 06:30")], 0, "2026-02-18 07:30",
     "one hour before, one hour after"),
    ("2026-02-16 10:00", "2", UD, [("2026-02-17 10:00", "2026-02-20 12:00")], 0, "2026-02-21 12:00",
     "one day before, one day after"),
    ("2024-09-29 14:00", "4", H, [("2024-09-30 09:00", "2024-10-08 11:00")], 1, "2024-10-08 16:00",
     "8 hours: Sun make-up 4; Mon 1 (5); paused; Tue 1 (6), 14–16"),
    ("2024-12-02 17:00", "2", H, [("2024-12-02 17:30", "2025-12-02 17:30")], 0, "2025-12-03 09:00",
     "½; a year's 挂账; Tue ½ (1); Wed 1"),
    ("2025-03-03 08:00", "1", H, [("2025-03-02 10:00", "2025-03-03 10:00")], 0, "2025-03-03 11:00",
     "paused when it starts: the hour after the pause"),
    ("2025-03-03 09:00", "1", H, [("2025-03-03 08:00", "2025-03-03 08:30")], 0, "2025-03-03 10:00",
     "a pause that is over before it starts"),
]  # fmt: skip
