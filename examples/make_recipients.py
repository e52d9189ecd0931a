"""Writes recipients-1000.csv: invented people in many scripts, the same file on every machine.

    python -m examples.make_recipients            # rewrites examples/recipients-1000.csv
    python -m examples.make_recipients --check    # exits 1 if the committed file differs

Everything follows from the external id by keccak256: name, message, amount, and an address whose key
nobody has.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from largesse.addresses import address_from_bytes

TARGET = Path(__file__).with_name("recipients-1000.csv")
COUNT = 1_000
DENOMINATION = 50_000
HEADER = ("name", "address", "amount", "message", "external_id")


@dataclass(frozen=True)
class People:
    """Given names, family names, how to join them, and what one writes on a gift."""

    given: str
    family: str
    pattern: str
    messages: tuple[str, ...]


PEOPLE = (
    People(
        "Amelia Björn Chloé Dragoș Eilidh François Grażyna Håkon Inês "
        "João Łukasz Nguyệt Oisín Øystein Şebnem Zoë",
        "Åkerlund Brontë Çelik Dvořák Estévez Gallagher Groß Ibáñez "
        "Kowalczyk Mbeki Nuñez O'Connor Trần Wójcik",
        "{given} {family}",
        (
            "Happy birthday! Spend it on something that no one needs.",
            "Merci pour tout, et à très bientôt.",
            "Für das beste Team der Welt: danke!",
            "Gracias por estos diez años.",
            "Obrigado pela ajuda, João dizia: “livros, sempre livros”.",
            "Chúc mừng năm mới!",
            "",
        ),
    ),
    People(
        "민준 서연 도윤 하은 지호 수아 예준 지우 시우 하린 유나 태현 은서 준영",
        "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황",
        "{family}{given}",
        (
            "생일 축하해요! 좋은 책 한 권 골라 보세요.",
            "늘 고맙습니다. 따뜻한 연말 보내세요.",
            "입사를 환영합니다.",
            "시험 끝난 걸 축하해!",
            "",
        ),
    ),
    People(
        "伟 芳 秀英 敏 静 丽 强 磊 洋 艳 志明 淑芬 家豪 怡君 嘉欣",
        "王 李 张 刘 陈 杨 黄 赵 吴 周 林 蔡 鄭 葉 歐陽",
        "{family}{given}",
        (
            "生日快乐，万事如意！",
            "謝謝你這一年的幫忙。",
            "新年快乐，恭喜发财。",
            "請收下這份小小的心意。",
            "",
        ),
    ),
    People(
        "さくら はると ゆい そうた あおい ひなた みゆき けんじ ハルカ レン",
        "佐藤 鈴木 髙橋 田中 渡辺 伊藤 山本 中村 小林 加藤 サトウ",
        "{family} {given}",
        (
            "お誕生日おめでとうございます。",
            "いつもありがとう!",
            "ご入学おめでとう。本でも買ってね。",
            "メリークリスマス",
            "",
        ),
    ),
    People(
        "Анастасия Богдан Вера Дмитрий Зоя Олексій Ганна Ёлка Стефан Марија Ђорђе Цветана",
        "Шевченко Достоевская Ковальчук Петровић Иванова Їжак Соколов Щукина Божков",
        "{given} {family}",
        (
            "С днём рождения! Пусть всё получится.",
            "Дякую за все. Бережіть себе!",
            "Честит рожден ден!",
            "Хвала на свему, видимо се ускоро.",
            "",
        ),
    ),
    People(
        "أحمد فاطمة يوسف ليلى عمر مريم خالد نور سارة حسن",
        "العلي حداد الخطيب منصور الزهراني المصري",
        "{given} {family}",
        ("كل عام وأنتم بخير.", "شكرا جزيلا على كل شيء!", "مبروك النجاح.", ""),
    ),
    People(
        "נועה דניאל תמר איתי מיכל יונתן שירה אורי",
        "כהן לוי מזרחי פרץ ביטון אברהם פרידמן",
        "{given} {family}",
        ("יום הולדת שמח!", "תודה על הכול.", "מזל טוב, ספר טוב תמיד עוזר.", ""),
    ),
    People(
        "आरव दीया विवान अनन्या कृष्ण प्रिया अर्जुन श्रेया",
        "शर्मा वर्मा गुप्ता त्रिपाठी कुलकर्णी सिंह श्रेष्ठ",
        "{given} {family}",
        ("जन्मदिन की हार्दिक शुभकामनाएँ!", "दीपावली की शुभकामनाएँ।", "आपकी मदद के लिए धन्यवाद।", ""),
    ),
    People(
        "สมชาย ณัฐ พิมพ์ชนก ธนพล สุดา กัญญา วิทยา",
        "ใจดี ศรีสุข วงศ์สวัสดิ์ ทองคำ บุญมี",
        "{given} {family}",
        ("สุขสันต์วันเกิด!", "ขอบคุณสำหรับทุกอย่างนะ", "สวัสดีปีใหม่", ""),
    ),
    People(
        "Ελένη Γιώργος Κατερίνα Νίκος Σοφία Θανάσης Ζωή",
        "Παπαδοπούλου Νικολάου Οικονόμου Αγγελίδης Βλάχου",
        "{given} {family}",
        ("Χρόνια πολλά!", "Ευχαριστώ για όλα.", "Καλή επιτυχία στις εξετάσεις.", ""),
    ),
    People(
        "አበበ ሰላም ዮሐንስ ትዕግስት መስፍን ሄለን",
        "ተስፋዬ በቀለ ገብረ ወልደማርያም ከበደ",
        "{given} {family}",
        ("መልካም ልደት!", "ስለ ሁሉም ነገር አመሰግናለሁ።", "እንኳን አደረሰህ።", ""),
    ),
    People(
        "Sunny🌻 Max🚀 Noor🌙 Kit🦊 Jo🎈",
        "Rivera Okafor Lindqvist Tanaka Duarte",
        "{given} {family}",
        (
            "🎂🎉 Happy birthday from all of us 👩‍👩‍👧‍👦!",
            "Thank you ❤️‍🔥 and see you at the theatre 🎭",
            "Line one is for you,\nline two is for the cat 🐈‍⬛.",
            'They said "buy a book", so: 📚, please.',
        ),
    ),
)


def _pick(options: list[str], digest: bytes, at: int) -> str:
    return options[int.from_bytes(digest[at : at + 4], "big") % len(options)]


def row(number: int) -> tuple[str, str, str, str, str]:
    """Row `number` (from 1) in the order of HEADER; the amount is a multiple of 50,000, small ones being
    common.
    """
    external_id = f"gift-2027-{number:04d}"
    digest = keccak(text=external_id)
    people = PEOPLE[number % len(PEOPLE)]
    name = people.pattern.format(
        given=_pick(people.given.split(), digest, 0), family=_pick(people.family.split(), digest, 4)
    )
    message = _pick(list(people.messages), digest, 8)
    multiple = 1 + min(digest[0] % 4, digest[4] % 8)
    # An account's address is the low 20 bytes of a hash, too; everything else here follows from the first 12.
    return name, address_from_bytes(digest[12:]), str(multiple * DENOMINATION), message, external_id


def content() -> bytes:
    """The whole file: UTF-8, commas, quoted where RFC 4180 asks for it, lines ending in LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(row(number) for number in range(1, COUNT + 1))
    return out.getvalue().encode("utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    if parser.parse_args(arguments).check:
        same = TARGET.exists() and TARGET.read_bytes() == content()
        print(f"{TARGET.name} is {'up to date' if same else 'out of date'}")
        return 0 if same else 1
    TARGET.write_bytes(content())
    print(f"{TARGET.name}: {COUNT} recipients")
    return 0


if __name__ == "__main__":
    sys.exit(main())
