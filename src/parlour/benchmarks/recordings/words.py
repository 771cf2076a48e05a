"""Words that are also names of people, and names that belong to nobody in particular. All lower case, without accents.

`WORDS` are names (or parts of them, or roles in place of names) that are everyday words, too: they are taken for a
name only where the writing shows that one is meant. `PARTICLES` and `TITLES` go with names. The neutral names say
nothing of sex or origin.
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = _listed(
    """
    a aber able act admin administrator adult after again ago air al all alle alpha als am amber an anchor and
    angel any april arch archer are armour art as ash ask assistant at auf august aunt aus autumn baby bach back
    baker ball bang bank banks bar bard barker barn barr base basil bass bauer baum bay be beach bean bear beck
    bee bell belle berg berry best beta better bill bin birch bird bis bishop bit black blade bliss bloom blossom
    blue blum bold bolt bond book boon booth both bow bowl box boy brand brave bread bridge bright brook brooks
    brother brown bruder buck bud bug bull burg burn burns bush butcher butler button by call can candy cane
    cannon car card carol carpenter carry carter case cash cast castle cat chain champion chance chancellor
    chandler chapel chapman chase chat cherry chess chief child china chip christian church class clay clean clear
    clerk cliff cloud coach coal coat code coin colt comfort con constant contact cook cool core corn cotton count
    country course court cousin craft crane crisp cross crow crown cruise crystal cup curry custom customer da dad
    daily daisy dale dame dane dann das dash date dawn day days de deacon dean dear deep deer default dein dem
    demo den denim department der des desert destiny developer di diamond did die dir do doc dock doctor dog
    dollar don done dort dot dove down drake draper dream drew driver drum du duck due duke dutch duty dye earl
    early earn east easter easy eben ed eden edge editor ein el else ember end engel engineer english er es
    essence eve even evening ever every exam example expert fair faith falcon fall fan far farm farmer fast father
    fawn fay feld few field fields file fin finch fine fire first fish fisher flag fleet fleming flint flood flora
    flower flowers for ford forest forester fortune foster fountain fowler fox franc frank free freeman french
    frost fuchs full fuller fur gage gale game garden gardener gardner garland gate gates gay gem general gentle
    gentry german ghost gift ginger girl glade glass glen go god gold golden good goose grace grand grant grass
    grave graves gray great green grey gross grove guard guest guide gunner gut guy hair hale half hall ham hammer
    hand hands handy happy harbor harbour hard hardy harmony harper hart harvest has hatch have hawk hay hazard
    hazel he head heart heath heaven helper hen her herald here hero heron herr hi hier high hill hills him his
    hof holiday holland holly holy home honey honor honour hood hook hope horn horse host hour house how hunt
    hunter i ice ich idol if ihr ill im in india indigo instructor ion iris iron is island ist it its ivory ivy ja
    jack jade jasmine jay jersey jet jewel job jobs jolly jordan joy judge july june just justice kaiser kann keen
    keep key keys kid kill kind king kings kiss kit kite klein knight know koch konig kurz la lab lad lady lake
    lamb lance land lane lang lark last late laurel law lawn le lead leader leaf league learn learner lee legend
    lehrer lemon less level liberty light like lily lime lin linden line lion little lo lock lodge london long
    lord lot lotus love low loyal luck lucky lynx ma made magic maid main major make male mall man manager manor
    many maple march marine mark marks marsh marshal marshall mason master mat match maximum may mayor me mead
    means medic meek mehr mein member mentor mercy merit merry mich miles mill miller mills mind mine mint mir
    miss mister mit model mom monday money monk monster moody moon moor more morn morning moss most mother mount
    mountain mouse much mum music mut my myth nach name nature near need nein neu never new newman next nice night
    no noble noch none noon norm norman north not note nova now nun nur nurse oak ocean oder office officer ohne
    old olive on one only opal open operator or orange orchard other our out owl own owner ox pa page paid pain
    painter palace palm palmer pan panda pansy paper paris park parks parson part partner passion pat patience
    patient peace peacock pear pearl peer pen penny people pepper person phoenix pick pie pike pilgrim pilot pin
    pine piper plain plum poet pole pollen pond pool pope poppy port porter post potter pound power powers prayer
    price pride priest prime prince princess prior professor promise proud pupil purple queen quest quick quill
    race rain ranger rat raven ray read ready real red reed reef reviewer rice rich richter rider ridge right ring
    rise river rivers road rob robe rock rod rogue roman root rose rosemary rough round rover row royal ruby
    rule rush russet rust sad sadler safe saffron sage sail sailor saint sale salt same sand sands saturday saul
    savage saw sawyer say scholar school scot scout sea season second see sein self sell senior september serene
    service shade shall sharp she shell shepherd shine ship shoe shore short should shy sie sierra silver simple
    sin since sind singer sister sky slate sleep small smart smith snow so society soft sol soldier some son song
    sons south spark sparks sparrow speaker spear spice spring spruce spy staff star stark start state steel stein
    stem step stern steward still stock stone storm story strange stream street string strong student su such sue
    sugar summer summers sun sunday sunny super supervisor support sure swan sweet swift system tailor tan tanner
    target teacher team temple ten test tester than the then they third this thorn thousand three thursday tiger
    timber time to today toll too top tower town trade train trainer tree trip true trust trustee try tuesday
    turner tutor twin two um uncle und unit uns up us user vale valentine valley van vicar victor victory viola
    violet virtue visitor vogel vom von vor wade waits walk walker wall waller war ward warm warner was water
    waters watts way we weaver weber wednesday weeks weg weil weiss well wells wenn wer west what wheat wheeler
    when where whisper white who why wie wild will willow win wind wine winner winter winters wir wise wish wit
    with wo wolf woman wonder wood woods word work worker worth would wren write yard year years yes york you
    young your zero zest zimmer zone zu zum zur
    """
)


PARTICLES = _listed(
    """
    af al av bar ben bin bint da dal das de dei del della den der di do dos du e el ibn la las le les los o of san
    st ten ter til tot und van vande vanden vander ver vom von y zu zum zur
    """
)
TITLES = _listed(
    """
    mr mrs ms miss mx dr doctor prof professor sir madam herr frau hr fr mme m mlle monsieur madame senor senora sra
    sr don dona signor signora dipl ing dozent
    """
)
GREETINGS = _listed(
    """
    hi hello hey dear hallo servus moin liebe lieber sehr thanks thank bye goodbye goodnight morning cheers sorry
    bonjour salut hola ciao
    """
)

GIVEN = (
    "Robin", "Kim", "Jona", "Sascha", "Mika", "Noa", "Toni", "Charlie", "Kai", "Luca", "Rowan", "Eli",
    "Quinn", "Ari", "Dominique", "Jamie", "Morgan", "Casey", "Riley", "Avery", "Skyler", "Finley", "Emery",
    "Marlow", "Sidney", "Reese", "Tatum", "Kerry", "Blair", "Kendall",
    "Marin", "Jessie", "Nikita", "Bailey", "Harley", "Devin", "Gabriele", "Yael", "Ira", "Lior",
)  # fmt: skip
FAMILY = (
    "Lind", "Falk", "Brandt", "Moreau", "Holm", "Sander", "Varga", "Novak", "Keller", "Aster", "Bellamy", "Corvin",
    "Dahl", "Ekberg", "Farrow", "Galen", "Harlan", "Jansen", "Kestrel", "Larkin", "Merrin", "Norrell", "Orlan",
    "Perrin", "Quill", "Rask", "Selwyn", "Tarrant", "Ulmer", "Venn", "Wickham", "Yarrow", "Zeller", "Ashby", "Bryce",
    "Calder", "Denholm", "Elsner", "Fenwick", "Gerrick", "Halden", "Ingram", "Jarrow", "Kirwan", "Marden",
    "Nyland", "Osgood", "Pryor",
)  # fmt: skip
HAN = (
    "林安", "周宁", "陈晨", "许言", "何年", "苏禾", "江远", "叶青", "沈知", "陆遥", "温言", "顾北",
    "白清", "季然", "程林", "方圆", "唐宁", "夏初", "秦川", "余晖",
)  # fmt: skip
