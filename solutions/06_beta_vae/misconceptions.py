"""Wrong answers to stage 06, each with a sentence that names it."""

from vae_course.checks.bank import wrong


# --- clinic_diagnoses ---


def _diagnosed(**otherwise):
    """The chart with some patients put down otherwise."""
    chart = {"A": "low beta", "B": "cut path", "C": "sound", "D": "mean over pixels", "E": "cut sigma"}
    return chart | otherwise


@wrong(
    "clinic_diagnoses",
    "Patient C has a KL of 6.3 and eight active units. An encoder that recon cannot reach has nothing to write "
    "down, and shows neither.",
    "What would such an encoder earn for any nat of code?",
)
def patient_c_has_cut_path():
    return _diagnosed(C="cut path")


@wrong(
    "clinic_diagnoses",
    "The codes of patient C have a spread of 1.01, and with the gradient shown recon pulls at its log-variances "
    "as well (1.78). Nothing is cut there.",
    "Which patient's gradient has a 0 where C's has none?",
)
def patient_c_has_cut_sigma():
    return _diagnosed(C="cut sigma")


@wrong(
    "clinic_diagnoses",
    "The codes of patient C spread by 1.01, just as wide as the prior, and its draws fall 3.5 pixels from a "
    "digit. Nearly free codes are pushed apart, beyond what the prior covers.",
    "Which patient's codes leave the prior behind?",
)
def patient_c_has_low_beta():
    return _diagnosed(C="low beta")


@wrong(
    "clinic_diagnoses",
    "Patient C buys 6.3 nats of code, in all eight units. At 64 times their worth it would have bought none.",
    "What does the KL of a patient look like whose codes are far too dear?",
)
def patient_c_has_mean_over_pixels():
    return _diagnosed(C="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "Without any price the codes run apart until the KL is counted in hundreds of nats. Patient C's is 6.3, and "
    "its codes spread by 1.01.",
    "What holds C's codes so exactly as wide as the prior?",
)
def patient_c_has_no_kl():
    return _diagnosed(C="no KL")


@wrong(
    "clinic_diagnoses",
    "The recon of patient C, 12.15, is measured at noisy codes. A decoder that had only met the means would be "
    "far worse there than the 25.35 of no code at all.",
    "How would a decoder do on noisy codes that has never met one?",
)
def patient_c_has_no_noise():
    return _diagnosed(C="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient C pays a KL of 6.3 and uses eight units of eight, for a recon that lies 13 nats below that of no "
    "code. Its decoder is told a great deal, and needs it.",
    "Do soft pictures mean that the code goes unused?",
)
def patient_c_has_strong_decoder():
    return _diagnosed(C="strong decoder")


@wrong(
    "clinic_diagnoses",
    "Patient A has the largest KL of the ward, 23.9. An encoder that recon cannot reach would not pay one nat of "
    "it.",
    "What could move an encoder away from the prior, if recon cannot?",
)
def patient_a_has_cut_path():
    return _diagnosed(A="cut path")


@wrong(
    "clinic_diagnoses",
    "With the gradient shown, recon reaches the log-variances of patient A: 0.23 is small, and is not 0.",
    "Which patient has an exact 0 in that row, and is its KL like A's?",
)
def patient_a_has_cut_sigma():
    return _diagnosed(A="cut sigma")


@wrong(
    "clinic_diagnoses",
    "That fault makes code dear, 64 times its worth. Patient A buys 23.9 nats of it, nearly four times as many as "
    "C.",
    "If something costs more, is more of it bought?",
)
def patient_a_has_mean_over_pixels():
    return _diagnosed(A="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "With no KL at all nothing stops the codes: on these pictures the KL goes to about 300 and the spread beyond "
    "6. Patient A has 23.9 and 1.64, so something still holds it.",
    "How large would the spread be if a nat cost nothing whatever?",
)
def patient_a_has_no_kl():
    return _diagnosed(A="no KL")


@wrong(
    "clinic_diagnoses",
    "A decoder that meets only the means can read them however close they lie, so the KL stays below one nat, and "
    "recon at noisy codes is ruined. Patient A has a KL of 23.9 and the best recon, 7.79.",
    "Which of A's numbers would noise that the decoder never met have spoilt?",
)
def patient_a_has_no_noise():
    return _diagnosed(A="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient A has the best recon of the ward and the worst ELBO: −31.70, below the −25.35 of a model with no "
    "code at all. Its codes spread by 1.64, and draws from the prior miss the digits by 4.2 pixels.",
    "What did A buy with the nats that its ELBO lacks?",
)
def patient_a_has_sound():
    return _diagnosed(A="sound")


@wrong(
    "clinic_diagnoses",
    "The decoder of patient A is told 23.9 nats about every picture. One that could do without would be told "
    "nothing.",
    "What would the KL be of a code that the decoder does not need?",
)
def patient_a_has_strong_decoder():
    return _diagnosed(A="strong decoder")


@wrong(
    "clinic_diagnoses",
    "Patient B has no active unit: not one mean moves with the picture. Recon would have moved them if it still "
    "reached the means.",
    "Which number of B speaks of means, and which of widths?",
)
def patient_b_has_cut_sigma():
    return _diagnosed(B="cut sigma")


@wrong(
    "clinic_diagnoses",
    "Codes that are nearly free get used. Patient B buys a KL of 0.000, and none of its units is active.",
    "Does a low price explain that nothing is bought?",
)
def patient_b_has_low_beta():
    return _diagnosed(B="low beta")


@wrong(
    "clinic_diagnoses",
    "The numbers fit, until you ask for the gradient: where code is only too dear, recon still pulls at the "
    "encoder a little. At patient B it is exactly 0, in both rows.",
    "What kind of fault gives an exact 0, and not just a small number?",
)
def patient_b_has_mean_over_pixels():
    return _diagnosed(B="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "The codes of patient B lie on the prior to three decimals. If the KL were left out, nothing would have "
    "brought them there.",
    "Who pushes q to the prior, if not the KL?",
)
def patient_b_has_no_kl():
    return _diagnosed(B="no KL")


@wrong(
    "clinic_diagnoses",
    "Without noise the means of all units still move with the picture, since the decoder can read them. Patient B "
    "has no active unit.",
    "How many units would be active if the decoder were fed the means?",
)
def patient_b_has_no_noise():
    return _diagnosed(B="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient C has the same networks and the same pictures, and reaches an ELBO of −18.48. Patient B stays at "
    "−25.35, which is what a model gets that has no code.",
    "If nothing is wrong with B, where did seven nats go?",
)
def patient_b_has_sound():
    return _diagnosed(B="sound")


@wrong(
    "clinic_diagnoses",
    "A decoder that needs no code describes pictures well by itself. Patient B's recon is 25.35, which is that of "
    "the mean picture, the same for every digit.",
    "What does B's decoder know of a picture?",
)
def patient_b_has_strong_decoder():
    return _diagnosed(B="strong decoder")


@wrong(
    "clinic_diagnoses",
    "The gradient of patient D is small, 0.27 at the mean of q, and it is not 0: recon reaches the encoder, and "
    "is not strong enough to move it. A cut gives an exact 0.",
    "What else can leave a pull without effect?",
)
def patient_d_has_cut_path():
    return _diagnosed(D="cut path")


@wrong(
    "clinic_diagnoses",
    "Recon reaches the log-variances of patient D: their gradient is 0.13, not 0. And with a free mean a unit or "
    "two would be active; D has none.",
    "Which row would hold an exact 0?",
)
def patient_d_has_cut_sigma():
    return _diagnosed(D="cut sigma")


@wrong(
    "clinic_diagnoses",
    "Patient D buys 0.000 nats of code. Nearly free code would be bought until its spread exceeds the prior's, "
    "and D's spread is 1.00.",
    "Is D short of reasons to save, or short of reasons to spend?",
)
def patient_d_has_low_beta():
    return _diagnosed(D="low beta")


@wrong(
    "clinic_diagnoses",
    "Patient D has a KL of 0.000 and a spread of 1.00, exactly the prior. With the KL left out it would be in the "
    "hundreds.",
    "Which term of the loss wants q to be the prior?",
)
def patient_d_has_no_kl():
    return _diagnosed(D="no KL")


@wrong(
    "clinic_diagnoses",
    "A decoder that meets the means without noise reads all eight units. Patient D uses none.",
    "Would the decoder ignore codes that reach it without noise?",
)
def patient_d_has_no_noise():
    return _diagnosed(D="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient D's ELBO is −25.35 and C's is −18.48, with the same networks on the same pictures. D's 1,000 draws "
    "hold about 30 different pictures.",
    "What does a model have to say whose draws are almost all alike?",
)
def patient_d_has_sound():
    return _diagnosed(D="sound")


@wrong(
    "clinic_diagnoses",
    "The recon of patient D is 25.35 nats, that of the mean picture. Its decoder is not strong enough to do "
    "without the code; it does without and does badly.",
    "With a decoder that needs no code, how high would recon be?",
)
def patient_d_has_strong_decoder():
    return _diagnosed(D="strong decoder")


@wrong(
    "clinic_diagnoses",
    "All eight means of patient E move with the picture, for a KL of 3.9, and the gradient at them is 4.37. Recon "
    "does reach this encoder, somewhere.",
    "In which of the two rows of the gradient does E have a 0, and in which not?",
)
def patient_e_has_cut_path():
    return _diagnosed(E="cut path")


@wrong(
    "clinic_diagnoses",
    "The spread of 1.41 looks like it, but cheap code is bought in plenty and gives a recon below C's 12.15. "
    "Patient E buys 3.9 nats, fewer than C, and has a recon of 17.86.",
    "If E's codes are cheap, why does it have so few nats and such a recon?",
)
def patient_e_has_low_beta():
    return _diagnosed(E="low beta")


@wrong(
    "clinic_diagnoses",
    "At 64 times its worth no code is bought. Patient E buys 3.9 nats, in all eight units.",
    "What would E's active units be?",
)
def patient_e_has_mean_over_pixels():
    return _diagnosed(E="mean over pixels")


@wrong(
    "clinic_diagnoses",
    "Without the KL its size has no limit: on these pictures about 300 nats. Patient E has 3.9.",
    "What keeps E's KL below even that of C?",
)
def patient_e_has_no_kl():
    return _diagnosed(E="no KL")


@wrong(
    "clinic_diagnoses",
    "Without noise there is no need to keep codes apart: their spread stays near 1.1, and recon at noisy codes is "
    "a ruin. Patient E spreads by 1.41 and has a recon of 17.86 there: its decoder knows the noise.",
    "Why would means move far apart, if nothing blurs them?",
)
def patient_e_has_no_noise():
    return _diagnosed(E="no noise")


@wrong(
    "clinic_diagnoses",
    "Patient E has C's networks and C's pictures, and an ELBO of −21.79 where C has −18.48. Soft pictures alone "
    "do not cost three nats.",
    "Which numbers of E differ from C's, and what do they have in common?",
)
def patient_e_has_sound():
    return _diagnosed(E="sound")


@wrong(
    "clinic_diagnoses",
    "Patient E's code takes recon from 25.35 to 17.86, in eight active units. Its decoder relies on the code.",
    "How far would recon fall if you took the code away?",
)
def patient_e_has_strong_decoder():
    return _diagnosed(E="strong decoder")


# --- clinic_treatments ---


def _treated(**otherwise):
    """The chart with some patients put down otherwise."""
    chart = {"A": "raise beta", "B": "keep path", "C": "accept", "D": "sum over pixels", "E": "keep path"}
    return chart | otherwise


@wrong(
    "clinic_treatments",
    "A floor helps units that carry nothing. In patient C all eight carry something, most of them more than half "
    "a nat; with the floor its ELBO goes from −18.48 to −18.7, and its pictures stay as soft.",
    "Which unit of C is dying?",
)
def treat_c_with_free_bits():
    return _treated(C="free bits")


@wrong(
    "clinic_treatments",
    "In patient C recon reaches the means and the log-variances. This treatment takes the second away: the ELBO "
    "falls to −21.8.",
    "Is there a 0 in C's gradient that you want to mend?",
)
def treat_c_with_keep_mu():
    return _treated(C="keep mu")


@wrong(
    "clinic_treatments",
    "Both rows of C's gradient show that recon gets through. With this treatment every number stays what it was, "
    "to the last digit.",
    "What was there to restore?",
)
def treat_c_with_keep_path():
    return _treated(C="keep path")


@wrong(
    "clinic_treatments",
    "This takes from patient C the way by which recon reaches its means: no active unit is left, and the ELBO "
    "falls to −23.8.",
    "Is there a 0 in C's gradient that you want to mend?",
)
def treat_c_with_keep_sigma():
    return _treated(C="keep sigma")


@wrong(
    "clinic_treatments",
    "A decoder four times as large takes the ELBO of patient C from −18.48 to −18.3, and its pictures look the "
    "same: a slightly better model, at four times the size.",
    "Which of C's numbers did you expect this to mend, and did it?",
)
def treat_c_with_larger_decoder():
    return _treated(C="larger decoder")


@wrong(
    "clinic_treatments",
    "At half the price patient C describes its own pictures more sharply, recon 9.6, and pays more for it than it "
    "gains: KL 10, ELBO −19.6, and its draws move away from the digits, from 3.5 pixels to 3.8.",
    "Sharper for which pictures: those it has seen, or those it draws?",
)
def treat_c_with_lower_beta():
    return _treated(C="lower beta")


@wrong(
    "clinic_treatments",
    "At twice the price two units of patient C go out, the KL falls to 2.6 and recon rises to 17.3: its pictures "
    "get softer, and the ELBO goes to −20.0.",
    "Which of C's numbers says that its codes are too cheap?",
)
def treat_c_with_raise_beta():
    return _treated(C="raise beta")


@wrong(
    "clinic_treatments",
    "The program of patient C does that already: not a digit of its dashboard changes.",
    "What would its KL be if recon were averaged?",
)
def treat_c_with_sum_over_pixels():
    return _treated(C="sum over pixels")


@wrong(
    "clinic_treatments",
    "The price of patient C's codes is the same after the warm-up as without it, and so is the end: an ELBO of "
    "−18.6 in place of −18.5. A warm-up is for codes that are lost at the start, and C's are in use.",
    "Which of C's units did not survive the start of training?",
)
def treat_c_with_warm_up():
    return _treated(C="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient A stays at an ELBO of −31.70, below a model without any code, and its draws lie 4.2 "
    "pixels from a digit; those of C lie 3.5.",
    "Would you publish a model whose bound is lower than that of the mean picture?",
)
def treat_a_with_accept():
    return _treated(A="accept")


@wrong(
    "clinic_treatments",
    "A floor of half a nat does nothing to units that carry three: the KL of patient A stays at 23.8, and its "
    "ELBO at −31.6.",
    "Which of A's units lies below the floor?",
)
def treat_a_with_free_bits():
    return _treated(A="free bits")


@wrong(
    "clinic_treatments",
    "Recon reaches both halves of patient A's encoder. With one of the two cut off, its KL goes up to 41 and its "
    "ELBO down to −51.",
    "Is there a 0 in A's gradient that you want to mend?",
)
def treat_a_with_keep_mu():
    return _treated(A="keep mu")


@wrong(
    "clinic_treatments",
    "Patient A's gradient has no 0: both ways are open. Every number stays as it is, the spread of 1.64 too.",
    "What was there to restore?",
)
def treat_a_with_keep_path():
    return _treated(A="keep path")


@wrong(
    "clinic_treatments",
    "This cuts recon off from the means of patient A. No unit stays active, and the ELBO is −32.3, no better than "
    "before.",
    "Is there a 0 in A's gradient that you want to mend?",
)
def treat_a_with_keep_sigma():
    return _treated(A="keep sigma")


@wrong(
    "clinic_treatments",
    "Patient A's recon is the best of the ward already. With a larger decoder it is 7.6 in place of 7.8, its KL "
    "rises to 25.4, and its ELBO falls to −33.0.",
    "Is it recon that keeps A's ELBO down?",
)
def treat_a_with_larger_decoder():
    return _treated(A="larger decoder")


@wrong(
    "clinic_treatments",
    "That takes patient A further on its way: KL 31.8, spread 2.07, ELBO −39.5, for 0.15 nats of recon.",
    "In which direction would the spread have to go?",
)
def treat_a_with_lower_beta():
    return _treated(A="lower beta")


@wrong(
    "clinic_treatments",
    "The recon of patient A is a sum over pixels already; nothing moves, and the KL stays at 23.9.",
    "What does the fault do to the KL that this treatment mends?",
)
def treat_a_with_sum_over_pixels():
    return _treated(A="sum over pixels")


@wrong(
    "clinic_treatments",
    "For the first third patient A would pay even less, and for the rest what it pays now: a KL of 24.0, an ELBO "
    "of −31.9.",
    "What does A pay once the warm-up is over?",
)
def treat_a_with_warm_up():
    return _treated(A="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient B draws the same few pictures for ever, at the 25.35 nats of the mean picture.",
    "What is the use of a code with a KL of 0.000?",
)
def treat_b_with_accept():
    return _treated(B="accept")


@wrong(
    "clinic_treatments",
    "With a floor the KL may stop pulling patient B's codes to the prior, and still nothing pulls them elsewhere: "
    "KL 0.1, ELBO −25.4. The gradient of recon stays exactly 0.",
    "Who would put something into the units that are now free of charge?",
)
def treat_b_with_free_bits():
    return _treated(B="free bits")


@wrong(
    "clinic_treatments",
    "It helps, and by half: eight units, a KL of 3.9, an ELBO of −21.8, where C has −18.48. Now patient B has the "
    "numbers of another patient of the ward, who is ill too.",
    "Whose numbers are these, and what does that patient lack?",
)
def treat_b_with_keep_mu():
    return _treated(B="keep mu")


@wrong(
    "clinic_treatments",
    "It helps a little: a KL of 1.5 and an ELBO of −23.8, and not one mean moves. Patient B then tells digits "
    "apart by the widths of their codes alone.",
    "Which row of the gradient is still 0?",
)
def treat_b_with_keep_sigma():
    return _treated(B="keep sigma")


@wrong(
    "clinic_treatments",
    "The decoder of patient B gets codes that say nothing about the picture. However large it is, its recon is "
    "25.35.",
    "What would it decode?",
)
def treat_b_with_larger_decoder():
    return _treated(B="larger decoder")


@wrong(
    "clinic_treatments",
    "A lower price makes code easier to buy, and the encoder of patient B never hears that it is worth anything: "
    "its KL stays at 0.000.",
    "Who tells the encoder that a nat is worth its price?",
)
def treat_b_with_lower_beta():
    return _treated(B="lower beta")


@wrong(
    "clinic_treatments",
    "Patient B's KL is 0.000 at the present price. At a higher one it is so too, and recon stays at 25.35.",
    "What is there to save?",
)
def treat_b_with_raise_beta():
    return _treated(B="raise beta")


@wrong(
    "clinic_treatments",
    "Recon can be as large as it likes: patient B's encoder does not feel it, and its gradient is exactly 0 at "
    "any size. Every number stays as it is.",
    "By which number do B and D differ?",
)
def treat_b_with_sum_over_pixels():
    return _treated(B="sum over pixels")


@wrong(
    "clinic_treatments",
    "While the code is free, recon could fill it, if it reached the encoder. That of patient B it never reaches: "
    "KL 0.000 and recon 25.35 at the end, as before.",
    "What is the gradient of recon while the price is 0?",
)
def treat_b_with_warm_up():
    return _treated(B="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient D has a KL of 0.000, and about 30 different pictures in 1,000 draws. Its networks can "
    "do what C's can.",
    "What do D's seven nats below C have as their reason?",
)
def treat_d_with_accept():
    return _treated(D="accept")


@wrong(
    "clinic_treatments",
    "The floor pays for half a nat in each unit and for no more: patient D gets eight units, a KL of 3.2 and an "
    "ELBO of −20.6. Every nat above the floor is as dear as before, and C shows that these pictures are worth "
    "6.3.",
    "Is the fault gone, or is a second one now covering it?",
)
def treat_d_with_free_bits():
    return _treated(D="free bits")


@wrong(
    "clinic_treatments",
    "Recon reaches both halves of patient D's encoder, by 0.27 and 0.13. To cut one of them off mends nothing: "
    "the KL stays at 0.000.",
    "Which of the two rows is 0 at D?",
)
def treat_d_with_keep_mu():
    return _treated(D="keep mu")


@wrong(
    "clinic_treatments",
    "The gradient of patient D is small and not 0: the ways are open already, and every number stays as it is.",
    "By which number do B and D differ?",
)
def treat_d_with_keep_path():
    return _treated(D="keep path")


@wrong(
    "clinic_treatments",
    "Recon reaches the means of patient D by 0.27, and this would cut them off: the KL stays at 0.000, and recon "
    "at 25.35.",
    "What did D lack that it has now?",
)
def treat_d_with_keep_sigma():
    return _treated(D="keep sigma")


@wrong(
    "clinic_treatments",
    "Whatever patient D's decoder could do with a code, no code is bought: KL 0.000, recon 25.35, at four times "
    "the size.",
    "Which part of D decides that no nat is bought?",
)
def treat_d_with_larger_decoder():
    return _treated(D="larger decoder")


@wrong(
    "clinic_treatments",
    "Half of the price is a step in the right direction, and the KL of patient D is still 0.000. To get to C's "
    "6.3 you would have to halve it five times more, and the program would still be wrong for pictures of another "
    "size.",
    "By what factor is a nat too dear at D, and where does that number come from?",
)
def treat_d_with_lower_beta():
    return _treated(D="lower beta")


@wrong(
    "clinic_treatments",
    "Patient D buys nothing at the present price. A higher one cannot make it buy: KL 0.000.",
    "In which direction is D's price wrong?",
)
def treat_d_with_raise_beta():
    return _treated(D="raise beta")


@wrong(
    "clinic_treatments",
    "While the price of patient D's codes grows, they are used; then it reaches its old height, and at the end "
    "the KL is 0.000 once more.",
    "What does D pay during the last two thirds?",
)
def treat_d_with_warm_up():
    return _treated(D="warm up")


@wrong(
    "clinic_treatments",
    "Left as it is, patient E stays at an ELBO of −21.79, more than three nats below C, with C's networks.",
    "Which of E's numbers would you have to explain to a reader?",
)
def treat_e_with_accept():
    return _treated(E="accept")


@wrong(
    "clinic_treatments",
    "The units of patient E carry about half a nat each. With the floor they carry a little more, 4.7 in all, and "
    "the ELBO stays at −21.8: the gradient at the log-variances is as exactly 0 as before.",
    "Which 0 of E did the floor change?",
)
def treat_e_with_free_bits():
    return _treated(E="free bits")


@wrong(
    "clinic_treatments",
    "Patient E's means have their way, and its log-variances have none. That is how E is: every number stays as "
    "it is.",
    "Which row of E's gradient is 0?",
)
def treat_e_with_keep_mu():
    return _treated(E="keep mu")


@wrong(
    "clinic_treatments",
    "It opens one way and shuts the other: patient E has no active unit then, and an ELBO of −23.8, two nats "
    "below what it had.",
    "What happens to the means of E, which recon did reach?",
)
def treat_e_with_keep_sigma():
    return _treated(E="keep sigma")


@wrong(
    "clinic_treatments",
    "The decoder of patient E is not what is short: at four times its size the ELBO is −21.7, where C reaches "
    "−18.48 with a small one.",
    "What does C's encoder do that E's cannot?",
)
def treat_e_with_larger_decoder():
    return _treated(E="larger decoder")


@wrong(
    "clinic_treatments",
    "Cheaper code lets patient E move its means even further apart: spread 1.73, KL 8.0, recon 14.9, and an ELBO "
    "of −22.9.",
    "Why does E have to move its means, where C does something else?",
)
def treat_e_with_lower_beta():
    return _treated(E="lower beta")


@wrong(
    "clinic_treatments",
    "Dearer code takes patient E's KL to 1.4 and its recon to 21.5; the ELBO falls to −22.9. The 0 in its "
    "gradient stays.",
    "Is E's code too cheap, if it buys fewer nats than C?",
)
def treat_e_with_raise_beta():
    return _treated(E="raise beta")


@wrong(
    "clinic_treatments",
    "The recon of patient E is a sum over pixels already, and no number moves. Averaged, it would not have bought "
    "its 3.9 nats.",
    "What would its KL be if recon were averaged?",
)
def treat_e_with_sum_over_pixels():
    return _treated(E="sum over pixels")


@wrong(
    "clinic_treatments",
    "Patient E has eight active units; none was lost at the start of training. With the warm-up its ELBO is "
    "−21.7, and the gradient at its log-variances is exactly 0 throughout.",
    "What can a warm-up bring to log-variances that recon does not reach?",
)
def treat_e_with_warm_up():
    return _treated(E="warm up")
