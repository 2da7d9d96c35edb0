fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let k: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let hostile = [
        "(".repeat(k),
        "!".repeat(k),
        "-".repeat(k),
        "[".repeat(k),
        "row.a + ".repeat(k) + "1",
        "row.a && ".repeat(k) + "true",
        "1+".repeat(k) + "1",
        "row".to_owned() + &".a".repeat(k),
        "a?".repeat(k) + "1" + &":a".repeat(k),
        "{".repeat(k),
        "\"".repeat(k),
        "row.a ==".repeat(k) + "1",
        "row.exists(x,".repeat(k),
        "row".to_owned() + &"[0]".repeat(k),
        "(".repeat(k) + "1" + &")".repeat(k),
        "row.exists(x,".repeat(k) + "true" + &")".repeat(k),
        "!".repeat(k) + "true",
        "-".repeat(k) + "row.a",
        "[".repeat(k) + &"]".repeat(k),
        "row.a || ".repeat(k) + "true",
        "row".to_owned() + &".a()".repeat(k),
        (0..k).map(|i| format!("row.s == \"{i}\" || ")).collect::<String>() + "true",
        "row.s in [".to_owned() + &"\"A\",".repeat(k) + "\"b\"]",
    ];
    let t = std::time::Instant::now();
    let h = if n == 99 {
        let mut s = "row.a".to_string();
        for _ in 0..k {
            s = format!("row.a ? {s} : row.b");
        }
        s
    } else if n == 98 {
        let mut s = "row.a".to_string();
        for _ in 0..k {
            s = format!("row.a ? row.b : {s}");
        }
        s
    } else {
        hostile[n].clone()
    };
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || match cel::Program::compile(&h) {
            Ok(p) => {
                println!("{n} ok {} {:?}", p.references().variables().len(), t.elapsed());
                drop(p)
            }
            Err(e) => println!(
                "{n} err {} {:?} {:?}",
                h.len(),
                e.errors.first().map(|e| (e.pos, e.msg.chars().take(90).collect::<String>())),
                t.elapsed()
            ),
        })
        .unwrap()
        .join()
        .unwrap();
}
